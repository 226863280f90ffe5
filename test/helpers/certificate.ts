/**
 * A self-signed certificate for 127.0.0.1, valid until 2126:
 * `openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1`
 */
export const certificate = {
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgh/Pmgmy0MrYR4N6R
rWK02qyWFGx/xUJdDmQ2HgiJJWihRANCAATqrqY/YK5VCHhoStKavuGr7cS/Ooig
GeAquWwvQNg4M6TO6J9DNyC/B/+Q00+lAk70Nlhc+j3gqQdayBrOHhqg
-----END PRIVATE KEY-----
`,
  cert: `-----BEGIN CERTIFICATE-----
MIIBmjCCAUGgAwIBAgIUKOTwYKonvH2vAswmUS34OWRrT0swCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyNTA0MTI0M1oYDzIxMjYxMTAx
MDQxMjQzWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAATqrqY/YK5VCHhoStKavuGr7cS/OoigGeAquWwvQNg4M6TO6J9DNyC/
B/+Q00+lAk70Nlhc+j3gqQdayBrOHhqgo28wbTAdBgNVHQ4EFgQUVT8jMuT2nFxB
OzvjNp/y0kCfNOEwHwYDVR0jBBgwFoAUVT8jMuT2nFxBOzvjNp/y0kCfNOEwDwYD
VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARhwR/AAABgglsb2NhbGhvc3QwCgYIKoZI
zj0EAwIDRwAwRAIgKa7i35y7AFmeRiY8ppbtxPMjvXzRV7IvhEvss/HP1pgCIA3x
zYBUnjS3iKYRqpV6y7mzeZAuGIuMbXvTiocYAyr5
-----END CERTIFICATE-----
`
}

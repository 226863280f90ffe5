// The handler that articles on Go show: net/http, a channel of tokens that a goroutine fills, Fprintf and Flush for
// each token, and the context of the request, which cancels the goroutine.
package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"syscall"
	"time"
	"unsafe"
)

const (
	answer = 1000
	burst  = 8
	pace   = 50 * time.Millisecond
)

const text = " the| model| says|,| one| token| after| another|,| un|til| all| of| it| is| there|.| And| so| on"

var words = strings.Split(text, "|")

var (
	abortsLock sync.Mutex
	aborts     = map[string]int64{}
)

// now returns the time on the clock that all processes of a machine share, in microseconds.
func now() int64 {
	const monotonic = 1
	var t syscall.Timespec
	syscall.Syscall(syscall.SYS_CLOCK_GETTIME, monotonic, uintptr(unsafe.Pointer(&t)), 0)
	return t.Sec*1e6 + t.Nsec/1e3
}

// generate fills a channel with the tokens of the source that a path names.
func generate(ctx context.Context, path, id string) <-chan string {
	out := make(chan string)
	// send reports whether the client is still connected.
	send := func(token string) bool {
		select {
		case <-ctx.Done():
			return false
		case out <- token:
			return true
		}
	}
	sources := map[string]func(){
		"/hot": func() {
			for i := 0; i < answer; i++ {
				if !send(words[i%len(words)]) {
					return
				}
			}
		},
		"/one": func() {
			send(words[0])
		},
		"/burst": func() {
			for {
				time.Sleep(pace)
				for i := 0; i < burst; i++ {
					if !send(fmt.Sprint(now())) {
						return
					}
				}
			}
		},
		"/paced": func() {
			for {
				time.Sleep(pace)
				if !send(fmt.Sprint(now())) {
					return
				}
			}
		},
		"/counted": func() {
			for i := 0; send(fmt.Sprint(i)); i++ {
				time.Sleep(time.Second)
			}
		},
		"/silent": func() {
			send("0")
			<-ctx.Done()
			if id != "" {
				abortsLock.Lock()
				aborts[id] = now()
				abortsLock.Unlock()
			}
		},
	}
	go func() {
		defer close(out)
		sources[path]()
	}()
	return out
}

func stream(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-cache")
	flusher, ok := w.(http.Flusher)
	if !ok {
		http.Error(w, "Streaming unsupported", http.StatusInternalServerError)
		return
	}
	for token := range generate(r.Context(), r.URL.Path, r.URL.Query().Get("id")) {
		fmt.Fprintf(w, "data: %s\n\n", token)
		flusher.Flush()
	}
	fmt.Fprint(w, "event: done\ndata: {}\n\n")
}

// answerQuestions answers the bench, which asks one question per line. The process ends with the bench.
func answerQuestions() {
	out := json.NewEncoder(os.Stdout)
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		switch lines.Text() {
		case "gc":
			debug.FreeOSMemory()
			out.Encode(true)
		case "aborts":
			abortsLock.Lock()
			out.Encode(aborts)
			aborts = map[string]int64{}
			abortsLock.Unlock()
		default:
			out.Encode(nil)
		}
	}
	os.Exit(0)
}

func main() {
	runtime.GOMAXPROCS(1)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Printf("{\"port\":%d}\n", listener.Addr().(*net.TCPAddr).Port)
	go answerQuestions()
	http.HandleFunc("/", stream)
	if cert := os.Getenv("TLS_CERT"); cert != "" {
		pair, err := tls.X509KeyPair([]byte(cert), []byte(os.Getenv("TLS_KEY")))
		if err != nil {
			panic(err)
		}
		// Over TLS, net/http speaks HTTP/2 too.
		server := http.Server{TLSConfig: &tls.Config{Certificates: []tls.Certificate{pair}}}
		panic(server.ServeTLS(listener, "", ""))
	}
	panic(http.Serve(listener, nil))
}

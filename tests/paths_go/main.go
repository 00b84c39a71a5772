// Command paths_go tells how Go's HTTP server reads paths: one path a line, in hexadecimal, and as many lines out.
//
// A line out is the path that a handler behind ServeMux finds, in hexadecimal, or - where the request is refused. ServeMux
// sends a client elsewhere whose path it would clean; then the line is where.
package main

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
)

func main() {
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Path", hex.EncodeToString([]byte(r.URL.Path)))
	})
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for lines.Scan() {
		raw, err := hex.DecodeString(lines.Text())
		if err != nil {
			log.Fatal(err)
		}
		fmt.Fprintln(out, reading(mux, raw))
	}
}

// reading returns the path that mux finds in a request line with raw.
func reading(mux *http.ServeMux, raw []byte) string {
	sent := "GET " + string(raw) + " HTTP/1.1\r\nHost: h\r\n\r\n"
	request, err := http.ReadRequest(bufio.NewReader(strings.NewReader(sent)))
	if err != nil {
		return "-"
	}
	answer := httptest.NewRecorder()
	mux.ServeHTTP(answer, request)
	if there := answer.Header().Get("Location"); there != "" {
		elsewhere, err := url.Parse(there)
		if err != nil {
			return "-"
		}
		return "301 " + hex.EncodeToString([]byte(elsewhere.Path))
	}
	if answer.Code != http.StatusOK {
		return "-"
	}
	return answer.Header().Get("X-Path")
}

// Command witness_go serves the witness of transparency-dev on loopback, its state in memory: a second opinion on ours.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"strings"

	f_note "github.com/transparency-dev/formats/note"
	"github.com/transparency-dev/witness/persistence/inmemory"
	"github.com/transparency-dev/witness/witness"
	"golang.org/x/mod/sumdb/note"
)

func main() {
	key := flag.String("key", "", "private key of the witness, as sumdb/note spells it")
	logs := flag.String("logs", "", "verifier keys of the logs that are known here, parted by blanks")
	flag.Parse()

	signer, err := f_note.NewSignerForCosignatureV1(*key)
	if err != nil {
		log.Fatal(err)
	}
	known := map[string]note.Verifier{}
	for _, vkey := range strings.Fields(*logs) {
		verifier, err := note.NewVerifier(vkey)
		if err != nil {
			log.Fatal(err)
		}
		known[verifier.Name()] = verifier
	}
	served, err := witness.New(context.Background(), witness.Opts{
		Persistence: inmemory.New(),
		Signers:     []note.Signer{signer},
		VerifierForLog: func(_ context.Context, origin string) (note.Verifier, bool, error) {
			verifier, ok := known[origin]
			return verifier, ok, nil
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	http.HandleFunc("POST /add-checkpoint", witness.NewHTTPHandler(served).AddCheckpoint)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	log.Fatal(http.Serve(listener, nil))
}

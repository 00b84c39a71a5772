// Command verify_go verifies a published decision log, or a receipt from one, with libraries that others wrote:
// golang.org/x/mod for notes, trees and tiles, transparency-dev/formats for cosignatures, checkpoints and proofs.
// It shares nothing with the service and is held to the same forged logs as the service's own verifier.
//
//	verify_go --policy FILE [--since NOTE] DIR|URL
//	verify_go --policy FILE --receipt FILE --entry FILE
//	verify_go --serve          one case a line of JSON on stdin, one verdict a line on stdout
//
// Exit code 0: everything was checked and holds; 1: it does not, and each fault is named; 2: it cannot be checked.
// SM2 lines and logs hashed with SM3 are national suites that these libraries do not know: lines are said to be
// unchecked, a policy that rests on one alone and a log of that hash cannot be checked here.
package main

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/transparency-dev/formats/log"
	fnote "github.com/transparency-dev/formats/note"
	"github.com/transparency-dev/formats/proof"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const (
	height      = 8 // levels of the tree that a tile spans
	width       = 1 << height
	noteLimit   = 256 << 10
	lineLimit   = 64
	most        = 32 // logs, witnesses, groups
	bundleLimit = width * (2 + 65535)
	faultLimit  = 1000 // that are named
)

// Types of keys.
const (
	ed25519Log  = 0x01
	ed25519Time = 0x04
	mlDSA44     = 0x06
	national    = 0xff
)

// errUnchecked wraps what leaves a log neither verified nor refused.
var errUnchecked = errors.New("cannot be checked")

type read func(path string) ([]byte, error)

// ---- Policy

type key struct {
	note.Verifier
	kind   byte
	public string
}

type group struct {
	need    int
	members []string
}

type policy struct {
	logs      []key
	witnesses map[string]key
	groups    map[string]group
	quorum    string
	unchecked []string // names of keys of national suites
}

func parsePolicy(text []byte) (*policy, error) {
	p := &policy{witnesses: map[string]key{}, groups: map[string]group{}}
	for number, line := range strings.Split(string(text), "\n") {
		words := strings.FieldsFunc(line, func(r rune) bool { return r == ' ' || r == '\t' })
		if len(words) == 0 || strings.HasPrefix(words[0], "#") {
			continue
		}
		if err := p.take(words); err != nil {
			return nil, fmt.Errorf("policy: line %d: %w: %w", number+1, err, errUnchecked)
		}
	}
	if len(p.logs) == 0 || p.quorum == "" {
		return nil, fmt.Errorf("policy: needs a log line that can be checked here and one quorum line: %w", errUnchecked)
	}
	return p, nil
}

func (p *policy) take(words []string) error {
	switch kind := words[0]; {
	case kind == "log" && (len(words) == 2 || len(words) == 3) && len(p.logs) < most:
		k, err := parseKey(words[1])
		switch {
		case err != nil:
			return err
		case k.kind == national:
			p.unchecked = append(p.unchecked, k.Name())
		case k.kind != ed25519Log && k.kind != mlDSA44:
			return fmt.Errorf("%s: no key of a log", k.Name())
		case p.knows(k):
			return fmt.Errorf("%s: the key stands here already", k.Name())
		default:
			p.logs = append(p.logs, *k)
		}
	case kind == "witness" && (len(words) == 3 || len(words) == 4) && len(p.witnesses) < most:
		k, err := parseKey(words[2])
		if err != nil {
			return err
		}
		if k.kind != ed25519Time && k.kind != mlDSA44 {
			return fmt.Errorf("%s: no key of a witness", k.Name())
		}
		for _, known := range p.witnesses {
			if known.Name() == k.Name() {
				return fmt.Errorf("%s: a witness counts once", k.Name())
			}
		}
		if p.defined(words[1]) || words[1] == "none" || p.knows(k) {
			return fmt.Errorf("%q is defined already, or its key is", words[1])
		}
		p.witnesses[words[1]] = *k
	case kind == "group" && len(words) > 3 && len(p.groups) < most:
		return p.takeGroup(words[1], words[2], words[3:])
	case kind == "quorum" && len(words) == 2 && p.quorum == "":
		if words[1] != "none" && !p.defined(words[1]) {
			return fmt.Errorf("%q is not defined above", words[1])
		}
		p.quorum = words[1]
	default:
		return fmt.Errorf("%q begins no line that can stand here", kind)
	}
	return nil
}

func (p *policy) takeGroup(name, need string, members []string) error {
	seen := map[string]bool{}
	for _, member := range members {
		if !p.defined(member) || seen[member] {
			return fmt.Errorf("%q is not defined above, or stands here twice", member)
		}
		seen[member] = true
		for other, g := range p.groups {
			if slices.Contains(g.members, member) {
				return fmt.Errorf("%q stands in group %q already; a member counts once", member, other)
			}
		}
	}
	least, err := strconv.Atoi(need)
	switch need {
	case "any":
		least, err = 1, nil
	case "all":
		least, err = len(members), nil
	}
	if err != nil || least < 1 || least > len(members) || p.defined(name) || name == "none" {
		return fmt.Errorf("%q: %s of %d cannot agree, or the name is taken", name, need, len(members))
	}
	p.groups[name] = group{least, members}
	return nil
}

// knows returns whether the public key stands in the policy already, under whatever name.
func (p *policy) knows(k *key) bool {
	for _, witness := range p.witnesses {
		if witness.public == k.public {
			return true
		}
	}
	return slices.ContainsFunc(p.logs, func(log key) bool { return log.public == k.public })
}

func (p *policy) defined(name string) bool {
	_, witness := p.witnesses[name]
	_, group := p.groups[name]
	return witness || group
}

func (p *policy) agrees(name string, signed map[note.Verifier]bool) bool {
	if name == "none" {
		return true
	}
	if witness, ok := p.witnesses[name]; ok {
		return signed[witness.Verifier]
	}
	count := 0
	for _, member := range p.groups[name].members {
		if p.agrees(member, signed) {
			count++
		}
	}
	return count >= p.groups[name].need
}

// parseKey returns the key that a vkey spells, after checking the id in it, which not every constructor does.
func parseKey(vkey string) (*key, error) {
	name, rest, _ := strings.Cut(vkey, "+")
	id, encoded, _ := strings.Cut(rest, "+")
	material, err := base64.StdEncoding.Strict().DecodeString(encoded)
	if err != nil || len(material) == 0 {
		return nil, fmt.Errorf("%s: no verifier key", name)
	}
	k := &key{kind: material[0], public: string(material[1:])}
	switch k.kind {
	case ed25519Log:
		k.Verifier, err = note.NewVerifier(vkey)
	case ed25519Time, mlDSA44:
		k.Verifier, err = fnote.NewVerifierForCosignatureV1(vkey)
	case national:
		k.Verifier = stranger(name)
		return k, nil
	default:
		err = fmt.Errorf("type %02x is unknown", k.kind)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if fmt.Sprintf("%08x", k.KeyHash()) != id {
		return nil, fmt.Errorf("%s: the key id %s does not belong to the key", name, id)
	}
	return k, nil
}

// stranger is the name of a key whose signatures cannot be checked here.
type stranger string

func (s stranger) Name() string            { return string(s) }
func (s stranger) KeyHash() uint32         { return 0 }
func (s stranger) Verify(_, _ []byte) bool { return false }

// ---- Checkpoint

// checkpoint returns what the note commits to, once the log's own key has signed it and no known key's line is wrong.
// With quorum, the witnesses must have signed it too.
func (p *policy) checkpoint(data []byte, quorum bool) (*log.Checkpoint, error) {
	if len(data) > noteLimit {
		return nil, errors.New("a note too long to be read")
	}
	var known []note.Verifier
	for _, k := range p.logs {
		known = append(known, k)
	}
	for _, k := range p.witnesses {
		known = append(known, k)
	}
	opened, err := note.Open(data, note.VerifierList(known...))
	if err != nil {
		return nil, err
	}
	if err := strict(data, known); err != nil {
		return nil, err
	}
	c := &log.Checkpoint{}
	if rest, err := c.Unmarshal([]byte(opened.Text)); err != nil || len(rest) > 0 || string(c.Marshal()) != opened.Text {
		return nil, errors.New("the text is not the three lines of a checkpoint")
	}
	if len(c.Hash) != sha256.Size || c.Size > 1<<62 {
		return nil, errors.New("a root or a size that can be none")
	}
	if strings.HasSuffix(c.Origin, "/sm3") {
		return nil, fmt.Errorf("%s is hashed with SM3: %w", c.Origin, errUnchecked)
	}
	signed, err := p.signed(opened)
	if err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(p.logs, func(k key) bool { return signed[k.Verifier] && k.Name() == c.Origin }) {
		return nil, fmt.Errorf("no key of the policy signed for %s", c.Origin)
	}
	if quorum && !p.agrees(p.quorum, signed) {
		return nil, errors.New("too few witnesses signed")
	}
	return c, nil
}

// signed returns which keys of the policy have signed, at a possible time where they state one.
func (p *policy) signed(opened *note.Note) (map[note.Verifier]bool, error) {
	signed := map[note.Verifier]bool{}
	keys := slices.Clone(p.logs)
	for _, k := range p.witnesses {
		keys = append(keys, k)
	}
	for _, s := range opened.Sigs {
		for _, k := range keys {
			if k.Name() != s.Name || k.KeyHash() != s.Hash {
				continue
			}
			if k.kind != ed25519Log {
				raw, _ := base64.StdEncoding.DecodeString(s.Base64)
				if at := binary.BigEndian.Uint64(raw[4:]); at == 0 || at >= 1<<63 {
					return nil, fmt.Errorf("%s signed at no possible time", s.Name)
				}
			}
			signed[k.Verifier] = true
		}
	}
	return signed, nil
}

// strict refuses what note.Open lets pass: base64 that is not the one spelling, a key's line twice, too many lines.
func strict(data []byte, known []note.Verifier) error {
	_, signed, _ := bytes.Cut(data[bytes.LastIndex(data, []byte("\n\n")):], []byte("\n\n"))
	lines := strings.Split(strings.TrimSuffix(string(signed), "\n"), "\n")
	if len(lines) > lineLimit {
		return errors.New("more lines than are read")
	}
	seen := map[note.Verifier]bool{}
	for _, line := range lines {
		name, encoded, _ := strings.Cut(strings.TrimPrefix(line, "— "), " ")
		raw, err := base64.StdEncoding.Strict().DecodeString(encoded)
		if err != nil || base64.StdEncoding.EncodeToString(raw) != encoded {
			return fmt.Errorf("%s: base64 that has another spelling", name)
		}
		for _, k := range known {
			if k.Name() != name || k.KeyHash() != binary.BigEndian.Uint32(raw) {
				continue
			}
			if seen[k] {
				return fmt.Errorf("%s: signed twice with one key", name)
			}
			seen[k] = true
		}
	}
	return nil
}

// ---- Log

// tiles reads tiles for x/mod, whose paths have the height in them, and keeps those that it has authenticated.
type tiles struct {
	read read
	kept map[tlog.Tile][]byte
}

func (t *tiles) Height() int { return height }

func (t *tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	var found [][]byte
	for _, tile := range wanted {
		data, ok := t.kept[tile]
		if !ok {
			path := strings.Replace(tile.Path(), "tile/8/", "tile/", 1)
			var err error
			if data, err = t.read(path); err != nil {
				return nil, err
			}
			if len(data) != tile.W*tlog.HashSize {
				return nil, fmt.Errorf("%s: %d bytes instead of %d", path, len(data), tile.W*tlog.HashSize)
			}
		}
		found = append(found, data)
	}
	return found, nil
}

func (t *tiles) SaveTiles(authenticated []tlog.Tile, data [][]byte) {
	for i, tile := range authenticated {
		t.kept[tile] = data[i]
	}
}

// verifyLog returns what is wrong with a log; nothing: all of it was checked and holds.
func verifyLog(p *policy, read read, since []byte) (string, []error) {
	data, err := read("checkpoint")
	if err != nil {
		return "", []error{err}
	}
	c, err := p.checkpoint(data, true)
	if err != nil {
		return "", []error{fmt.Errorf("checkpoint: %w", err)}
	}
	tree := tlog.Tree{N: int64(c.Size), Hash: tlog.Hash(c.Hash)}
	what := fmt.Sprintf("%s: %d entries, root %s", c.Origin, tree.N, base64.StdEncoding.EncodeToString(c.Hash))
	hashes := tlog.TileHashReader(tree, &tiles{read, map[tlog.Tile][]byte{}})
	if tree.N == 0 {
		if tree.Hash != sha256.Sum256(nil) {
			return what, []error{errors.New("checkpoint: the root of a log without entries is another")}
		}
	} else if root, err := tlog.TreeHash(tree.N, hashes); err != nil || root != tree.Hash {
		return what, []error{fmt.Errorf("tiles: do not lead to the root, so no entry can be authenticated: %w", err)}
	}
	if since != nil {
		if err := extends(p, since, c, hashes); err != nil {
			return what, []error{fmt.Errorf("since: %w", err)}
		}
	}
	return what, verifyEntries(tree, hashes, read)
}

func verifyEntries(tree tlog.Tree, hashes tlog.HashReader, read read) []error {
	var faults []error
	for first := int64(0); first < tree.N && len(faults) < faultLimit; first += width {
		count := min(width, tree.N-first)
		indexes := make([]int64, count)
		for i := range indexes {
			indexes[i] = tlog.StoredHashIndex(0, first+int64(i))
		}
		leaves, err := hashes.ReadHashes(indexes)
		if err != nil {
			faults = append(faults, fmt.Errorf("entries %d to %d: not authenticated: %w", first, first+count-1, err))
			continue
		}
		faults = append(faults, verifyBundle(first, leaves, read)...)
	}
	return faults
}

// verifyBundle compares entries with their authenticated leaf hashes and names each that differs.
func verifyBundle(first int64, leaves []tlog.Hash, read read) []error {
	tile := tlog.Tile{H: height, L: 0, N: first / width, W: len(leaves)}
	path := strings.Replace(tile.Path(), "tile/8/0/", "tile/entries/", 1)
	data, err := read(path)
	if err != nil {
		return []error{fmt.Errorf("entries %d to %d: %w", first, first+int64(len(leaves))-1, err)}
	}
	var faults []error
	for i, leaf := range leaves {
		if len(data) < 2 || len(data)-2 < int(binary.BigEndian.Uint16(data)) {
			return append(faults, fmt.Errorf("entry %d: %s ends before or within it", first+int64(i), path))
		}
		end := 2 + int(binary.BigEndian.Uint16(data))
		if tlog.RecordHash(data[2:end]) != leaf {
			faults = append(faults, fmt.Errorf("entry %d: %s holds another one than was signed", first+int64(i), path))
		}
		data = data[end:]
	}
	if len(data) > 0 {
		faults = append(faults, fmt.Errorf("%s: %d bytes after its last entry", path, len(data)))
	}
	return faults
}

// extends checks that the log contains the whole of an older one, by its note.
func extends(p *policy, older []byte, c *log.Checkpoint, hashes tlog.HashReader) error {
	old, err := p.checkpoint(older, false)
	if err != nil {
		return err
	}
	switch {
	case old.Origin != c.Origin:
		return fmt.Errorf("is a note of %s", old.Origin)
	case old.Size > c.Size:
		return fmt.Errorf("the log was rolled back from %d entries to %d", old.Size, c.Size)
	case old.Size == 0:
		if tlog.Hash(old.Hash) != sha256.Sum256(nil) {
			return errors.New("the root of a log without entries is another")
		}
		return nil
	}
	forked := fmt.Errorf("the log was forked: its first %d entries are others", old.Size)
	consistency, err := tlog.ProveTree(int64(c.Size), int64(old.Size), hashes)
	if err != nil {
		return err
	}
	if tlog.CheckTree(consistency, int64(c.Size), tlog.Hash(c.Hash), int64(old.Size), tlog.Hash(old.Hash)) != nil {
		return forked
	}
	return nil
}

// ---- Receipt

func verifyReceipt(p *policy, receipt, entry []byte) (string, []error) {
	r := &proof.TLogProof{}
	if err := r.Unmarshal(receipt); err != nil {
		return "", []error{err}
	}
	if !bytes.Equal(r.Marshal(), receipt) {
		return "", []error{errors.New("receipt: has another spelling")}
	}
	c, err := p.checkpoint(r.Checkpoint, true)
	if err != nil {
		return "", []error{fmt.Errorf("receipt: %w", err)}
	}
	var hashes tlog.RecordProof
	for _, hash := range r.Hashes {
		hashes = append(hashes, hash)
	}
	if r.Index >= c.Size {
		return "", []error{fmt.Errorf("receipt: entry %d is not among %d", r.Index, c.Size)}
	}
	leaf := tlog.RecordHash(entry)
	if err := tlog.CheckRecord(hashes, int64(c.Size), tlog.Hash(c.Hash), int64(r.Index), leaf); err != nil {
		return "", []error{fmt.Errorf("receipt: entry %d: %w", r.Index, err)}
	}
	return fmt.Sprintf("%s: entry %d of %d", c.Origin, r.Index, c.Size), nil
}

// ---- Command

func opener(place string) read {
	if !strings.HasPrefix(place, "http://") && !strings.HasPrefix(place, "https://") {
		return func(path string) ([]byte, error) { return os.ReadFile(filepath.Join(place, filepath.FromSlash(path))) }
	}
	client := &http.Client{Timeout: time.Minute}
	return func(path string) ([]byte, error) {
		response, err := client.Get(strings.TrimSuffix(place, "/") + "/" + path)
		if err != nil {
			return nil, fmt.Errorf("%s: %w: %w", path, err, errUnchecked)
		}
		defer response.Body.Close()
		if response.StatusCode != http.StatusOK {
			return nil, fmt.Errorf("%s: %s", path, response.Status)
		}
		data, err := io.ReadAll(io.LimitReader(response.Body, bundleLimit+1))
		if err != nil || len(data) > bundleLimit {
			return nil, fmt.Errorf("%s: longer than it can be, or broken off: %w", path, errUnchecked)
		}
		return data, nil
	}
}

// request is a case to be judged: a log in memory, or a receipt. A log is told by what differs from the one before
// that had all its files in Base.
type request struct {
	Policy  string            `json:"policy"`
	Base    map[string][]byte `json:"base"`
	Files   map[string][]byte `json:"files"`   // in place of those in Base, or besides
	Without []string          `json:"without"` // which of Base are not there
	Since   []byte            `json:"since"`
	Receipt []byte            `json:"receipt"`
	Entry   []byte            `json:"entry"`
}

type verdict struct {
	Accepted bool     `json:"accepted"`
	Faults   []string `json:"faults"`
}

func judge(r *request) (string, []error) {
	p, err := parsePolicy([]byte(r.Policy))
	if err != nil {
		return "", []error{err}
	}
	if r.Receipt != nil {
		return verifyReceipt(p, r.Receipt, r.Entry)
	}
	return verifyLog(p, func(path string) ([]byte, error) {
		data, ok := r.Files[path]
		if !ok && !slices.Contains(r.Without, path) {
			data, ok = r.Base[path]
		}
		if !ok {
			return nil, fmt.Errorf("%s: %w", path, fs.ErrNotExist)
		}
		return data, nil
	}, r.Since)
}

func serve(in io.Reader, out io.Writer) error {
	lines, answers := json.NewDecoder(bufio.NewReaderSize(in, 1<<20)), bufio.NewWriterSize(out, 1<<20)
	defer answers.Flush()
	encoder := json.NewEncoder(answers)
	var base map[string][]byte
	for {
		r := &request{}
		if err := lines.Decode(r); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		if r.Base == nil {
			r.Base = base
		}
		base = r.Base
		_, faults := judge(r)
		said := verdict{Accepted: len(faults) == 0}
		for _, fault := range faults {
			said.Faults = append(said.Faults, fault.Error())
		}
		if err := encoder.Encode(said); err != nil {
			return err
		}
	}
}

func run() ([]error, error) {
	policyPath := flag.String("policy", "", "the auditor's policy `FILE`")
	sincePath := flag.String("since", "", "an older `NOTE` that the log must extend")
	receiptPath := flag.String("receipt", "", "a receipt `FILE` (.tlog-proof) to check in place of a log")
	entryPath := flag.String("entry", "", "the entry `FILE` that the receipt proves")
	serving := flag.Bool("serve", false, "judge cases from stdin, one JSON object a line")
	flag.Parse()
	if *serving {
		return nil, serve(os.Stdin, os.Stdout)
	}
	if *policyPath == "" || (*receiptPath == "") != (flag.NArg() == 1) || (*receiptPath == "") != (*entryPath == "") {
		flag.Usage()
		return nil, errors.New("name a policy, and one log or one receipt with its entry")
	}
	wanted := []*string{policyPath, sincePath, receiptPath, entryPath}
	files := make([][]byte, len(wanted))
	for i, path := range wanted {
		if *path == "" {
			continue
		}
		var err error
		if files[i], err = os.ReadFile(*path); err != nil {
			return nil, err
		}
	}
	p, err := parsePolicy(files[0])
	if err != nil {
		return nil, err
	}
	for _, name := range p.unchecked {
		fmt.Fprintf(os.Stderr, "note: %s has an SM2 key; its lines are not checked here\n", name)
	}
	what, faults := "", []error(nil)
	if files[2] != nil {
		what, faults = verifyReceipt(p, files[2], files[3])
	} else {
		what, faults = verifyLog(p, opener(flag.Arg(0)), files[1])
	}
	if len(faults) == 0 {
		fmt.Println("verified", what)
	}
	return faults, nil
}

func main() {
	faults, err := run()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	code := 0
	for _, fault := range faults {
		fmt.Println(fault)
		if code = max(code, 1); errors.Is(fault, errUnchecked) {
			code = 2
		}
	}
	os.Exit(code)
}

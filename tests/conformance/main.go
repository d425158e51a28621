// A stranger's check of a running site's public log, with Go's own packages and nothing of ours.
//
// usage: conformance ADDRESS VKEY [WITNESS-VKEY]
//
// It opens the checkpoint with sumdb/note, rebuilds the root from the entry bundles with sumdb/tlog, checks every
// record and a tree of every smaller size against it through tlog.TileHashReader, opens a proof file, and, when a
// witness's key is given, its cosignature. It prints one line for each thing that held, and stops at the first that
// did not.
package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const (
	height = 8
	width  = 1 << height
)

func main() {
	if len(os.Args) < 3 {
		fail("usage: conformance ADDRESS VKEY [WITNESS-VKEY]")
	}
	log := &site{strings.TrimSuffix(os.Args[1], "/"), map[tlog.Tile][]byte{}}
	raw := log.get("checkpoint")
	tree := openCheckpoint(raw, os.Args[2])
	leaves := log.leaves(tree.N)
	rebuildRoot(tree, leaves)
	checkTiles(log, tree, leaves)
	openProofs(log, tree, leaves, os.Args[2])
	if len(os.Args) > 3 {
		openCosignature(raw, os.Args[3])
	}
	fmt.Println("all held")
}

func fail(format string, values ...interface{}) {
	fmt.Fprintf(os.Stderr, format+"\n", values...)
	os.Exit(1)
}

func must(err error, what string) {
	if err != nil {
		fail("%s: %v", what, err)
	}
}

// ---- the checkpoint ----

// openCheckpoint checks the log's signature. The text differs from Go's own database in its first line only: there it
// names the format, here the log.
func openCheckpoint(raw []byte, vkey string) tlog.Tree {
	verifier, err := note.NewVerifier(vkey)
	must(err, "vkey")
	opened, err := note.Open(raw, note.VerifierList(verifier))
	must(err, "checkpoint")
	lines := strings.SplitN(opened.Text, "\n", 2)
	if lines[0] != verifier.Name() {
		fail("the checkpoint is of %q, the key of %q", lines[0], verifier.Name())
	}
	tree, err := tlog.ParseTree([]byte("go.sum database tree\n" + lines[1]))
	must(err, "checkpoint text")
	fmt.Printf("checkpoint: %s, %d entries, %s\n", lines[0], tree.N, tree.Hash)
	return tree
}

// openCosignature checks a witness's line by c2sp.org/tlog-cosignature, which sumdb/note does not know.
func openCosignature(raw []byte, vkey string) {
	parts := strings.SplitN(vkey, "+", 3)
	key, err := base64.StdEncoding.DecodeString(parts[2])
	must(err, "witness's vkey")
	if len(key) != 33 || key[0] != 4 {
		fail("the witness's key is not of the kind that cosigns")
	}
	id := sha256.Sum256(append([]byte(parts[0]+"\n"), key...))
	if fmt.Sprintf("%x", id[:4]) != parts[1] {
		fail("the witness's key id is wrong")
	}
	split := bytes.LastIndex(raw, []byte("\n\n"))
	text, lines := raw[:split+1], strings.Split(string(raw[split+2:]), "\n")
	for _, line := range lines {
		signed, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(line, "— "+parts[0]+" "))
		if err != nil || len(signed) != 4+8+64 || !bytes.Equal(signed[:4], id[:4]) {
			continue
		}
		moment := binary.BigEndian.Uint64(signed[4:])
		message := append([]byte(fmt.Sprintf("cosignature/v1\ntime %d\n", moment)), text...)
		if !ed25519.Verify(ed25519.PublicKey(key[1:]), message, signed[12:]) {
			fail("the witness's signature does not hold")
		}
		fmt.Printf("cosignature: %s at %d\n", parts[0], moment)
		return
	}
	fail("the checkpoint bears no line of %s", parts[0])
}

// ---- the site ----

type site struct {
	address string
	kept    map[tlog.Tile][]byte
}

func (s *site) get(path string) []byte {
	answer, err := http.Get(s.address + "/" + path)
	must(err, path)
	defer answer.Body.Close()
	if answer.StatusCode != 200 {
		fail("%s: %s", path, answer.Status)
	}
	body, err := io.ReadAll(answer.Body)
	must(err, path)
	return body
}

// path is where a tile lies here: as in Go's database, without the height, and bundles are called entries.
func path(tile tlog.Tile) string {
	text := strings.Replace(tile.Path(), fmt.Sprintf("tile/%d/", height), "tile/", 1)
	return strings.Replace(text, "tile/data/", "tile/entries/", 1)
}

func (s *site) leaves(size int64) [][]byte {
	var leaves [][]byte
	for start := int64(0); start < size; start += width {
		tile := tlog.Tile{H: height, L: -1, N: start / width, W: width}
		if size-start < width {
			tile.W = int(size - start)
		}
		bundle, found := s.get(path(tile)), 0
		for ; len(bundle) >= 2; found++ {
			stop := 2 + int(binary.BigEndian.Uint16(bundle))
			if stop > len(bundle) {
				fail("%s is torn", path(tile))
			}
			leaves = append(leaves, bundle[2:stop])
			bundle = bundle[stop:]
		}
		if len(bundle) != 0 || found != tile.W {
			fail("%s holds %d entries", path(tile), found)
		}
	}
	return leaves
}

// ---- tlog's readers ----

func (s *site) Height() int { return height }

func (s *site) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var data [][]byte
	for _, tile := range tiles {
		if s.kept[tile] == nil {
			s.kept[tile] = s.get(path(tile))
		}
		data = append(data, s.kept[tile])
	}
	return data, nil
}

func (s *site) SaveTiles([]tlog.Tile, [][]byte) {}

type stored []tlog.Hash

func (s stored) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	var found []tlog.Hash
	for _, index := range indexes {
		found = append(found, s[index])
	}
	return found, nil
}

// ---- what is checked ----

func rebuildRoot(tree tlog.Tree, leaves [][]byte) {
	var hashes stored
	for number, leaf := range leaves {
		fresh, err := tlog.StoredHashes(int64(number), leaf, hashes)
		must(err, "hashing")
		hashes = append(hashes, fresh...)
	}
	root, err := tlog.TreeHash(int64(len(leaves)), hashes)
	must(err, "root")
	if int64(len(leaves)) != tree.N || root != tree.Hash {
		fail("the entries make %s, the checkpoint says %s", root, tree.Hash)
	}
	fmt.Printf("bundles: %d entries make the signed root\n", len(leaves))
}

func checkTiles(log *site, tree tlog.Tree, leaves [][]byte) {
	reader := tlog.TileHashReader(tree, log)
	for number, leaf := range leaves {
		hash := tlog.RecordHash(leaf)
		proof, err := tlog.ProveRecord(tree.N, int64(number), reader)
		must(err, "inclusion")
		must(tlog.CheckRecord(proof, tree.N, tree.Hash, int64(number), hash), "inclusion")
		if tlog.CheckRecord(proof, tree.N, tree.Hash, int64(number), tlog.NodeHash(hash, hash)) == nil {
			fail("a wrong record was accepted")
		}
	}
	fmt.Printf("inclusion: %d records proven through tiles\n", len(leaves))
	for size := int64(1); size <= tree.N; size++ {
		older, err := tlog.TreeHash(size, reader)
		must(err, "older root")
		proof, err := tlog.ProveTree(tree.N, size, reader)
		must(err, "consistency")
		must(tlog.CheckTree(proof, tree.N, tree.Hash, size, older), "consistency")
	}
	fmt.Printf("consistency: %d older trees, %d tiles read\n", tree.N, len(log.kept))
}

func openProofs(log *site, tree tlog.Tree, leaves [][]byte, vkey string) {
	for _, number := range []int64{0, tree.N / 2, tree.N - 1} {
		raw := string(log.get(fmt.Sprintf("proof/%d.tlog-proof", number)))
		parts := strings.SplitN(raw, "\n\n", 2)
		lines := strings.Split(parts[0], "\n")
		if lines[0] != "c2sp.org/tlog-proof@v1" || lines[1] != fmt.Sprintf("index %d", number) {
			fail("proof %d begins with %q", number, lines[:2])
		}
		var proof tlog.RecordProof
		for _, line := range lines[2:] {
			hash, err := tlog.ParseHash(line)
			must(err, "proof")
			proof = append(proof, hash)
		}
		stated := openCheckpoint([]byte(parts[1]), vkey)
		must(tlog.CheckRecord(proof, stated.N, stated.Hash, number, tlog.RecordHash(leaves[number])), "proof file")
	}
	fmt.Println("proofs: three files open offline")
}

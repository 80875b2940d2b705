// Command shrink cuts a Go program down to the functions of its main package, for a test: usage
//
//	shrink PROGRAM GOVERSION OUT.elf OUT.txt
//
// It writes an ELF file with nothing but a function table of those functions, in the layout that the program has, and
// what that needs; and what Go's own readers say about every place of them in the whole program: lines
// "PC\tNAME\tFILE:LINE...", innermost first, where debug/gosym gave the function and the innermost file and line, and
// DWARF the inlined calls. PROGRAM is for amd64, not position independent, and has its symbols.
package main

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"fmt"
	"os"
	"strings"

	"gctide.invalid/integration/gotable"
)

const before = 12 // so many functions in front of the main package are taken, too

var le = binary.LittleEndian

func main() {
	if len(os.Args) != 5 {
		fmt.Fprintln(os.Stderr, "usage: shrink PROGRAM GOVERSION OUT.elf OUT.txt")
		os.Exit(2)
	}
	if err := shrink(os.Args[1], os.Args[2], os.Args[3], os.Args[4]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func shrink(program, version, elfPath, textPath string) error {
	table, err := gotable.OpenTable(program)
	if err != nil {
		return err
	}
	inlining, err := gotable.OpenInlining(program)
	if err != nil {
		return err
	}
	first, end := -1, 0
	for i, f := range table.Funcs {
		if strings.HasPrefix(f.Name, "main.") {
			if first < 0 {
				first = i
			}
			end = i + 1
		}
	}
	if first < before {
		return fmt.Errorf("%s: no functions of the main package", program)
	}
	first -= before
	old, err := openOld(program, version)
	if err != nil {
		return err
	}
	if err := os.WriteFile(elfPath, old.copied(first, end), 0o644); err != nil {
		return err
	}
	var text bytes.Buffer
	for i := first; i < end; i++ {
		last := ""
		for pc := table.Funcs[i].Entry; pc < table.Funcs[i].End; pc++ {
			if now := describe(table, inlining, pc); now != last {
				fmt.Fprintf(&text, "%x%s\n", pc, now)
				last = now
			}
		}
	}
	return os.WriteFile(textPath, text.Bytes(), 0o644)
}

func describe(table *gotable.Table, inlining *gotable.Inlining, pc uint64) string {
	file, line, f := table.PCToLine(pc)
	if file == "" {
		return fmt.Sprintf("\t%s\t:?", f.Name) // padding
	}
	frames := inlining.Frames(pc)
	if len(frames) < 2 || frames[len(frames)-1].Function != f.Name {
		frames = []gotable.Frame{{Function: f.Name}}
	}
	frames[0].File, frames[0].Line = file, line
	text := ""
	for _, f := range frames {
		text += fmt.Sprintf("\t%s\t%s:%d", f.Function, f.File, f.Line)
	}
	return text
}

// old is the whole program.
type old struct {
	table   []byte
	version string
	minor   int
	layout  uint32
	text    uint64 // where the code begins
	gofunc  uint64
	file    *elf.File
}

func openOld(path, version string) (*old, error) {
	o := &old{version: version}
	if _, err := fmt.Sscanf(version, "go1.%d", &o.minor); err != nil {
		return nil, fmt.Errorf("%q is no release of Go", version)
	}
	var err error
	if o.file, err = elf.Open(path); err != nil {
		return nil, err
	}
	if o.table, err = o.file.Section(".gopclntab").Data(); err != nil {
		return nil, err
	}
	o.layout = le.Uint32(o.table)
	symbols, err := o.file.Symbols()
	if err != nil {
		return nil, err
	}
	for _, s := range symbols {
		switch s.Name {
		case "runtime.text":
			o.text = s.Value
		case "go.func.*", "go:func.*":
			o.gofunc = s.Value
		}
	}
	return o, nil
}

func (o *old) bytesAt(vaddr uint64, count int) []byte {
	for _, p := range o.file.Progs {
		if p.Type == elf.PT_LOAD && vaddr >= p.Vaddr && vaddr-p.Vaddr+uint64(count) <= p.Filesz {
			data := make([]byte, count)
			if _, err := p.ReadAt(data, int64(vaddr-p.Vaddr)); err == nil {
				return data
			}
		}
	}
	panic(fmt.Sprintf("no %d bytes at %#x", count, vaddr))
}

// words tells whether the layout has 8-byte numbers in its list of functions (before Go 1.18).
func (o *old) words() bool { return o.layout >= 0xfffffffa }

// header gives the i-th number of the table's header, behind its first 8 bytes.
func (o *old) header(i int) uint64 { return le.Uint64(o.table[8+8*i:]) }

// region gives the part of the table that offsets of a kind count from.
func (o *old) region(kind int) []byte {
	switch {
	case o.layout == 0xfffffffb:
		return o.table
	case o.words():
		return o.table[o.header(2+kind):]
	}
	return o.table[o.header(3+kind):]
}

const (
	names = iota
	units
	files
	values
	functions
)

func cString(b []byte) string { return string(b[:bytes.IndexByte(b, 0)]) }

// Package gotable says what Go's own readers make of a Go program: debug/gosym of its function table, and debug/dwarf
// of its debug information, which knows the inlined calls that debug/gosym does not tell.
package gotable

import (
	"bytes"
	"debug/elf"
	"debug/gosym"
	"encoding/binary"
	"errors"
	"fmt"
)

// Frame is one function at one place of the code.
type Frame struct {
	Function, File string
	Line           int
}

// Table is a program's function table, as debug/gosym reads it.
type Table struct {
	*gosym.Table
}

// OpenTable reads the function table of a program that has its symbols: those say where the code begins, which the
// table's header does not do in all releases.
func OpenTable(path string) (*Table, error) {
	file, err := elf.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	symbols, err := file.Symbols()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	at := map[string]uint64{}
	for _, s := range symbols {
		switch s.Name {
		case "runtime.text", "runtime.pclntab", "runtime.epclntab":
			at[s.Name] = s.Value
		}
	}
	bytes, err := tableBytes(file, at)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	// Without symbol table: debug/gosym makes the functions from the function table.
	table, err := gosym.NewTable(nil, gosym.NewLineTable(bytes, at["runtime.text"]))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if len(table.Funcs) == 0 {
		return nil, fmt.Errorf("%s: debug/gosym finds no functions", path)
	}
	return &Table{table}, nil
}

// tableBytes finds the table in its section, or between its symbols.
func tableBytes(file *elf.File, at map[string]uint64) ([]byte, error) {
	for _, name := range []string{".gopclntab", ".data.rel.ro.gopclntab"} {
		if s := file.Section(name); s != nil {
			data, err := s.Data()
			if err != nil {
				return nil, err
			}
			return relocated(file, s.Addr, data)
		}
	}
	from, to := at["runtime.pclntab"], at["runtime.epclntab"]
	for _, s := range file.Sections {
		if s.Type == elf.SHT_PROGBITS && from >= s.Addr && to <= s.Addr+s.Size && from < to {
			data, err := s.Data()
			if err != nil {
				return nil, err
			}
			return relocated(file, from, data[from-s.Addr:to-s.Addr])
		}
	}
	return nil, errors.New("no function table")
}

// relocated puts the pointers into a part of a position independent program, which the file leaves to be filled in.
func relocated(file *elf.File, addr uint64, data []byte) ([]byte, error) {
	for _, s := range file.Sections {
		if s.Type != elf.SHT_RELA {
			continue
		}
		text, err := s.Data()
		if err != nil {
			return nil, err
		}
		relocs := make([]elf.Rela64, len(text)/24)
		if err := binary.Read(bytes.NewReader(text), binary.LittleEndian, relocs); err != nil {
			return nil, err
		}
		for _, r := range relocs {
			relative := elf.R_X86_64(r.Info) == elf.R_X86_64_RELATIVE
			if file.Machine == elf.EM_AARCH64 {
				relative = elf.R_AARCH64(r.Info) == elf.R_AARCH64_RELATIVE
			}
			if relative && r.Off >= addr && r.Off-addr+8 <= uint64(len(data)) {
				binary.LittleEndian.PutUint64(data[r.Off-addr:], uint64(r.Addend))
			}
		}
	}
	return data, nil
}

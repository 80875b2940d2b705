package gotable

import (
	"debug/elf"
	"encoding/binary"
	"fmt"
	"sort"
)

// Depths is what a program's call frame information (.debug_frame, DWARF 5 section 6.4) says about its stack: how many
// bytes are between the stack pointer and the return address.
type Depths struct {
	functions []depthFunction // in the order of their addresses
}

type depthFunction struct {
	from, to uint64
	steps    []depthStep
}

type depthStep struct {
	address uint64
	bytes   int64
}

// OpenDepths reads the call frame information of a program for amd64 that was not stripped.
func OpenDepths(path string) (*Depths, error) {
	file, err := elf.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var data []byte
	for _, s := range file.Sections {
		if s.Name == ".debug_frame" {
			if data, err = s.Data(); err != nil {
				return nil, err
			}
		}
	}
	if len(data) == 0 {
		return nil, fmt.Errorf("%s: no .debug_frame", path)
	}
	d := &Depths{}
	for len(data) > 4 {
		length := binary.LittleEndian.Uint32(data)
		entry := data[4 : 4+length]
		data = data[4+length:]
		if binary.LittleEndian.Uint32(entry) == 0xffffffff { // a CIE; those of Go are all alike
			continue
		}
		from := binary.LittleEndian.Uint64(entry[4:])
		f := depthFunction{from: from, to: from + binary.LittleEndian.Uint64(entry[12:])}
		if f.steps, err = depthSteps(f.from, entry[20:]); err != nil {
			return nil, fmt.Errorf("%s: the function at %#x: %w", path, from, err)
		}
		d.functions = append(d.functions, f)
	}
	sort.Slice(d.functions, func(i, j int) bool { return d.functions[i].from < d.functions[j].from })
	return d, nil
}

func uleb(code []byte) (v uint64, rest []byte) {
	for shift := uint(0); ; shift += 7 {
		b := code[0]
		code = code[1:]
		v |= uint64(b&0x7f) << shift
		if b < 0x80 {
			return v, code
		}
	}
}

// depthSteps runs the few instructions that Go's linker writes (cmd/link/internal/ld/dwarf.go, writeframes).
func depthSteps(at uint64, code []byte) ([]depthStep, error) {
	steps := []depthStep{{at, 0}}
	for len(code) > 0 {
		op := code[0]
		code = code[1:]
		switch {
		case op == 0: // DW_CFA_nop
		case op&0xc0 == 0x40: // DW_CFA_advance_loc
			at += uint64(op & 0x3f)
		case op == 2: // DW_CFA_advance_loc1
			at, code = at+uint64(code[0]), code[1:]
		case op == 3: // DW_CFA_advance_loc2
			at, code = at+uint64(binary.LittleEndian.Uint16(code)), code[2:]
		case op == 4: // DW_CFA_advance_loc4
			at, code = at+uint64(binary.LittleEndian.Uint32(code)), code[4:]
		case op == 0x13: // DW_CFA_def_cfa_offset_sf: in units of the word, which is -4 (amd64, arm64)
			u, rest := uleb(code)
			v := int64(u)
			for shift, b := uint(7), code[:len(code)-len(rest)]; ; shift += 7 { // the sign is bit 6 of the last
				if len(b) == 1 {
					if b[0]&0x40 != 0 {
						v -= 1 << shift
					}
					break
				}
				b = b[1:]
			}
			code = rest
			steps = append(steps, depthStep{at, v*-4 - 8})
		default:
			return nil, fmt.Errorf("instruction %#x", op)
		}
	}
	return steps, nil
}

// At gives the depth at pc; false when it is not known.
func (d *Depths) At(pc uint64) (int64, bool) {
	i := sort.Search(len(d.functions), func(i int) bool { return d.functions[i].from > pc })
	if i == 0 || pc >= d.functions[i-1].to {
		return 0, false
	}
	steps := d.functions[i-1].steps
	return steps[sort.Search(len(steps), func(i int) bool { return steps[i].address > pc })-1].bytes, true
}

// Command insider asks the Go runtime about its own code: for each program counter on stdin, in hexadecimal, one a line, it
// prints a line "PC\tNAME\tFILE:LINE...", as runtime.CallersFrames tells it, innermost first. Up to Go 1.22
// that is the innermost function alone; from Go 1.23 on the functions that it was inlined into follow.
package main

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"strconv"
)

func main() {
	in, out := bufio.NewScanner(os.Stdin), bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for in.Scan() {
		pc, err := strconv.ParseUint(in.Text(), 16, 64)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		fmt.Fprintf(out, "%x", pc)
		// It takes what it is told for where a call returns to, and looks one in front of it. It expands
		// inlining in front of another program counter only; 0 is in no function.
		frames := runtime.CallersFrames([]uintptr{uintptr(pc) + 1, 0})
		for more := true; more; {
			var f runtime.Frame
			if f, more = frames.Next(); f.Entry != 0 {
				fmt.Fprintf(out, "\t%s\t%s:%d", f.Function, f.File, f.Line)
			}
		}
		fmt.Fprintln(out)
	}
}

// Command prog has calls inlined into calls. It is written for Go 1.9, and has no methods of values, for which compilers
// write wrappers that debug information tells little of.
package main

import (
	"os"
	"sort"
	"strings"
)

type byLen struct {
	words []string
	swaps int
}

func (b *byLen) Len() int           { return len(b.words) }
func (b *byLen) Less(i, j int) bool { return weight(b.words[i]) < weight(b.words[j]) }

func (b *byLen) Swap(i, j int) {
	b.words[i], b.words[j] = b.words[j], b.words[i]
	b.count()
}

func (b *byLen) count() { b.swaps++ }

func add(a, b int) int {
	return a + b
}

func twice(a int) int {
	return add(a, a)
}

func fourfold(a int) int {
	return twice(twice(a))
}

func weight(word string) int {
	return fourfold(len(word)) + 1
}

func sum(words []string) (n int) {
	for _, w := range words {
		if strings.HasPrefix(w, "-") {
			continue
		}
		n = add(n, weight(w))
	}
	return n
}

func main() {
	b := &byLen{words: os.Args}
	sort.Sort(b)
	println(sum(b.words), b.swaps)
}

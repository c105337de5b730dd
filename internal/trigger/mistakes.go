package trigger

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// maxMistakes is how many mistakes are told; the others are counted.
const maxMistakes = 100

// A Mistake is something wrong with the file, where it stands, and how to put it right. Line and Column count from 1,
// the column in characters.
type Mistake struct {
	Line   int    `json:"line"`
	Column int    `json:"column"`
	Text   string `json:"mistake"`
}

func (m Mistake) String() string { return fmt.Sprintf("%d:%d: %s", m.Line, m.Column, m.Text) }

// Mistakes is the error that tells all mistakes of a file, in its order.
type Mistakes []Mistake

func (m Mistakes) Error() string {
	var b strings.Builder
	for i, one := range m {
		if i == maxMistakes {
			fmt.Fprintf(&b, "\n… and %d more", len(m)-i)
			break
		}
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(one.String())
	}
	return b.String()
}

// add adds a mistake.
func (m *Mistakes) add(at place, text string, args ...any) {
	*m = append(*m, Mistake{at.line, at.column, fmt.Sprintf(text, args...)})
}

// inOrder returns the mistakes in the file's order, each once: several checks may find the same.
func (m Mistakes) inOrder() Mistakes {
	slices.SortStableFunc(m, func(a, b Mistake) int {
		return cmp.Or(a.Line-b.Line, a.Column-b.Column, strings.Compare(a.Text, b.Text))
	})
	return slices.Compact(m)
}

// place is where something stands in the file.
type place struct{ line, column int }

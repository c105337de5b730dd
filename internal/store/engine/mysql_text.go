package engine

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"
)

// mysqlTexts keeps what was found out about each statement's text.
type mysqlTexts struct {
	mu   sync.RWMutex
	made map[mysqlKey]*mysqlText
}

type mysqlKey struct {
	sql   string
	index Index
}

// mysqlText is a text between its parameters: pieces[i] stands before parameter numbers[i], and the last piece at the
// end. A parameter that stands twice in the text is sent twice.
type mysqlText struct {
	pieces  []string
	numbers []int
}

var (
	dollar = regexp.MustCompile(`\$(\d+)`)
	// sqlTypes are the names of types in CAST.
	sqlTypes = strings.NewReplacer(" AS BIGINT)", " AS SIGNED)", " AS TEXT)", " AS CHAR)")
)

func (t *mysqlTexts) of(text string, index Index) *mysqlText {
	key := mysqlKey{text, index}
	t.mu.RLock()
	made := t.made[key]
	t.mu.RUnlock()
	if made != nil {
		return made
	}
	made = &mysqlText{}
	end, rest := 0, byGroups.replaced(sqlTypes.Replace(text))
	if from := " FROM " + index.Table; index.Name != "" {
		rest = strings.Replace(rest, from+" WHERE ", from+" FORCE INDEX ("+index.Name+") WHERE ", 1)
	}
	for _, at := range dollar.FindAllStringSubmatchIndex(rest, -1) {
		n, _ := strconv.Atoi(rest[at[2]:at[3]])
		made.pieces, made.numbers = append(made.pieces, rest[end:at[0]]), append(made.numbers, n-1)
		end = at[1]
	}
	made.pieces = append(made.pieces, rest[end:])
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.made == nil {
		t.made = map[mysqlKey]*mysqlText{}
	}
	t.made[key] = made
	return made
}

// byGroups are the texts of a server that looks for each text for DISTINCT, and for the least one for MIN. In a query
// within a query it would read the index from its beginning, and not pass over NULLs.
var byGroups = braces{
	each: func(table, column string) string {
		return fmt.Sprintf("(SELECT DISTINCT %[2]s AS value FROM %[1]s WHERE %[2]s > '')", table, column)
	},
	least: func(table, column, key string) string {
		return fmt.Sprintf("(SELECT %[3]s AS value, MIN(%[2]s) AS least FROM %[1]s "+
			"WHERE %[3]s > '' AND %[2]s IS NOT NULL GROUP BY %[3]s)", table, column, key)
	},
}

// packet is what is sent to the server at once: one or several statements, and their parameters.
type packet struct {
	text    strings.Builder
	args    []any
	size    int
	answers []func(scan func(...any) error) error // what is called for the rows of each answer that has rows
}

// add adds a statement.
func (p *packet) add(texts *mysqlTexts, st *Statement, noWait bool) error {
	if p.text.Len() > 0 {
		p.text.WriteString("; ")
	}
	text := texts.of(st.SQL, st.Index)
	for i, n := range text.numbers {
		p.text.WriteString(text.pieces[i])
		if n >= len(st.Args) {
			return fmt.Errorf("there is no parameter $%d: %s", n+1, st.SQL)
		}
		if err := p.param(st.Args[n], text.pieces[i]); err != nil {
			return fmt.Errorf("%w: %s", err, st.SQL)
		}
	}
	p.text.WriteString(text.pieces[len(text.numbers)])
	switch {
	case st.Lock == SkipLocked:
		p.text.WriteString(" FOR UPDATE SKIP LOCKED")
	case st.Lock == ForUpdate && noWait:
		p.text.WriteString(" FOR UPDATE NOWAIT")
	case st.Lock == ForUpdate:
		p.text.WriteString(" FOR UPDATE")
	}
	switch {
	case st.Rows != nil:
		p.answers = append(p.answers, st.Rows)
	case strings.HasPrefix(st.SQL, "SELECT"):
		p.answers = append(p.answers, func(func(...any) error) error { return nil }) // it only locks
	}
	if affected := st.Affected; affected != nil {
		p.text.WriteString("; SELECT ROW_COUNT()")
		p.answers = append(p.answers, func(scan func(...any) error) error {
			var n int64
			err := scan(&n)
			affected(n)
			return err
		})
	}
	return nil
}

// param adds a parameter, which stands behind a piece of the text.
func (p *packet) param(arg any, before string) error {
	list, ok := arg.(List)
	if !ok {
		p.text.WriteString("?")
		return p.value(arg)
	}
	if !strings.HasSuffix(before, "IN (") {
		return errors.New("a list is to stand in IN ()")
	}
	if len(list) == 0 {
		p.text.WriteString("NULL")
		return nil
	}
	p.text.WriteString(strings.Repeat("?, ", len(list)-1) + "?")
	for _, v := range list {
		if err := p.value(v); err != nil {
			return err
		}
	}
	return nil
}

func (p *packet) value(arg any) error {
	v, err := driver.DefaultParameterConverter.ConvertValue(arg)
	if text, ok := v.(string); ok {
		p.size += len(text)
	}
	p.args = append(p.args, v)
	return err
}

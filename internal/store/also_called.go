package store

import "redial/internal/store/engine"

// alsoCalled queues what the list of calls to a number knows of the numbers of Calls' people beside to_number: a row
// for each, with the Call's outcome. Where triggers write them, too, they are left as they are.
func (t *tx) alsoCalled(changed []*stored) error {
	var rows [][]column
	for _, c := range changed {
		if len(c.after.People) == 0 {
			continue
		}
		outcome := string(c.after.Outcome)
		if c.isNew() {
			for _, number := range c.after.Numbers() {
				if number != c.after.To {
					rows = append(rows, calledColumns(&c.after.ID, &number, &outcome, &c.after.By))
				}
			}
		} else if c.after.Outcome != c.before.Outcome {
			t.add(engine.Statement{SQL: endAlsoCalled, Args: []any{c.after.ID, outcome}})
		}
	}
	return t.write(&insertAlsoCalled, rows, nil)
}

func calledColumns(id, number, outcome, by *string) []column {
	return []column{{"call_id", id}, {"number", number}, {"outcome", outcome}, {"made_by", asText{by}}}
}

var insertAlsoCalled = insertionIfFree("also_called", calledColumns(new(string), new(string), new(string), new(string)),
	"", "call_id", "number")

const (
	endAlsoCalled    = `UPDATE also_called SET outcome = $2 WHERE call_id = $1 AND outcome <> $2`
	deleteAlsoCalled = `DELETE FROM also_called WHERE call_id = $1`
)

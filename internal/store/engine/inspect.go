package engine

import "fmt"

// Inspection is what is found when somebody looks whether the database's set-up is right, apart from what is stored.
type Inspection struct {
	Engine string // with its version
	New    bool   // there is no file of SQLite yet
	InUse  bool   // a running redial has it open
	Free   uint64 // bytes on SQLite's disk; 0: not known
	Ills   []Ill
}

// Ill is something that is wrong with a database's settings.
type Ill struct {
	What, Fix string
	Grave     bool // rows can be lost, or redial can't work
}

func (i *Inspection) ill(grave bool, what, fix string) {
	i.Ills = append(i.Ills, Ill{what, fix, grave})
}

// Size is the free space in words.
func (i *Inspection) Size() string { return size(i.Free) }

func size(bytes uint64) string {
	if bytes < 10<<30 {
		return fmt.Sprintf("%d MB", bytes>>20)
	}
	return fmt.Sprintf("%d GB", bytes>>30)
}

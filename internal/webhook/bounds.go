package webhook

import "time"

const (
	perTarget    = 64                     // exchanges at once with one target
	inAll        = 512                    // and with all
	forFirst     = inAll / 2              // of these, for targets with which there is none
	exchangeTime = 15 * time.Second       // for one, from the name to the answer's end
	maxAnswer    = 16 << 10               // bytes of an answer that are read
	storeTime    = 10 * time.Second       // for one transaction
	otherNodes   = 250 * time.Millisecond // how soon work that another node left is seen
	locked       = 5 * time.Millisecond   // the shortest sleep
	idle         = time.Hour              // the longest
	trouble      = time.Second            // after the database could not be asked
)

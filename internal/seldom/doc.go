// Package seldom keeps the log readable where others decide how often something happens: Line is for what
// anybody can cause, Turn for somebody who fails, and is well again.
package seldom

import "time"

const quietTime = time.Minute

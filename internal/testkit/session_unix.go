//go:build unix

package testkit

import "syscall"

// ownSession keeps a Ctrl-C meant for the tests away from the keeper, which
// ends by itself after them.
func ownSession() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }

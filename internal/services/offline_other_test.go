//go:build unix && !linux

package services

import "syscall"

const haveNamespaces = false

func cutOff() *syscall.SysProcAttr { return nil }

package services

import "syscall"

const haveNamespaces = true

func cutOff() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}
}

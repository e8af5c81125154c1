package smtpsink

import "bytes"

// maxLine is the longest content line with its CRLF (RFC 5321).
const maxLine = 1000

// content reads up to the final dot, and answers it.
func (c *session) content() error {
	messageID, err := c.readContent()
	if err != nil {
		return err
	}
	f := c.fault
	msg := c.msg
	c.reset()
	if len(msg.To) == 0 {
		c.reply(554, "5.5.1 no valid recipients")
		return nil
	}
	if f.At == AtEnd && f.Action != CutLate {
		if done, err := c.strike(f); done || err != nil {
			return err
		}
	}
	c.sink.count(msg, messageID)
	c.served++
	if f.At == AtEnd && f.Action == CutLate {
		return errEnd
	}
	c.reply(250, "2.0.0 accepted")
	return nil
}

// readContent reads lines until the dot; it keeps them only when asked to, and
// the Message-ID of the header always.
func (c *session) readContent() (messageID string, err error) {
	header := true
	for first := true; ; first = false {
		line, err := c.r.ReadSlice('\n')
		if err != nil {
			return "", err
		}
		if bytes.Equal(line, []byte(".\r\n")) {
			return messageID, nil
		}
		if first && c.fault.At == AtContent {
			if done, err := c.strike(c.fault); done || err != nil {
				return "", err
			}
		}
		if len(line) > maxLine || !bytes.HasSuffix(line, []byte("\r\n")) {
			c.sink.malformed.Add(1)
		}
		if line[0] == '.' {
			line = line[1:]
		}
		if header {
			header = len(line) > 2
			if id := headerID(line); id != "" {
				messageID = id
			}
		}
		if c.sink.opt.Keep {
			c.msg.Raw = append(c.msg.Raw, line...)
		}
	}
}

// headerID takes the identifier out of a Message-ID line.
func headerID(line []byte) string {
	const name = "message-id:"
	if len(line) < len(name) || !bytes.EqualFold(line[:len(name)], []byte(name)) {
		return ""
	}
	return string(bytes.Trim(line[len(name):], " \t\r\n<>"))
}

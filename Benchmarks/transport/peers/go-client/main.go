// Go x/crypto/ssh client: one NETCONF transaction per device, W goroutines. With -hold it keeps the sessions and prints RSS.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/ssh"
)

var port = flag.Int("p", 2301, "")
var n = flag.Int("n", 200, "")
var w = flag.Int("w", 64, "")
var hold = flag.Bool("hold", false, "")
var keepMu sync.Mutex
var keepAll []interface{}
var eom = []byte("]]>]]>")

const hello = `<?xml version="1.0" encoding="UTF-8"?><hello xmlns="urn:ietf:params:xml:ns:netconf:base:1.0"><capabilities><capability>urn:ietf:params:netconf:base:1.0</capability></capabilities></hello>]]>]]>`

var bodies = []string{`<get-config><source><running/></source></get-config>`, `<edit-config><target><candidate/></target><config><interfaces xmlns="urn:ietf:params:xml:ns:yang:ietf-interfaces"><interface><name>GigabitEthernet0/1</name><description>set by test</description></interface></interfaces></config></edit-config>`, `<commit/>`, `<close-session/>`}

func readmsg(r io.Reader, buf *bytes.Buffer) error {
	t := make([]byte, 32768)
	for {
		if i := bytes.Index(buf.Bytes(), eom); i >= 0 {
			buf.Next(i + 6)
			return nil
		}
		k, err := r.Read(t)
		if err != nil {
			return err
		}
		buf.Write(t[:k])
	}
}
func one(i int) error {
	host := fmt.Sprintf("127.0.%d.%d:%d", (i/250)%250, i%250+1, *port)
	c, err := ssh.Dial("tcp", host, &ssh.ClientConfig{User: "admin", Auth: []ssh.AuthMethod{ssh.Password("admin")}, HostKeyCallback: ssh.InsecureIgnoreHostKey()})
	if err != nil {
		return err
	}
	s, err := c.NewSession()
	if err != nil {
		return err
	}
	in, _ := s.StdinPipe()
	out, _ := s.StdoutPipe()
	if err := s.RequestSubsystem("netconf"); err != nil {
		return err
	}
	var b bytes.Buffer
	io.WriteString(in, hello)
	if err := readmsg(out, &b); err != nil {
		return err
	}
	if *hold {
		keepMu.Lock()
		keepAll = append(keepAll, c, in, out)
		keepMu.Unlock()
		return nil
	}
	for k, body := range bodies {
		fmt.Fprintf(in, `<?xml version="1.0" encoding="UTF-8"?><rpc xmlns="urn:ietf:params:xml:ns:netconf:base:1.0" message-id="%d">%s</rpc>]]>]]>`, 101+k, body)
		if err := readmsg(out, &b); err != nil {
			return err
		}
	}
	c.Close()
	return nil
}
func main() {
	flag.Parse()
	var ok, next int64
	var wg sync.WaitGroup
	t0 := time.Now()
	for j := 0; j < *w; j++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for {
				i := int(atomic.AddInt64(&next, 1)) - 1
				if i >= *n {
					return
				}
				if err := one(i); err != nil {
					fmt.Fprintln(os.Stderr, err)
				} else {
					atomic.AddInt64(&ok, 1)
				}
			}
		}()
	}
	wg.Wait()
	rss := ""
	if b, err := os.ReadFile("/proc/self/status"); err == nil {
		for _, l := range strings.Split(string(b), "\n") {
			if strings.HasPrefix(l, "VmRSS") {
				rss = l
			}
		}
	}
	fmt.Printf("go ok=%d/%d %.2fs %s\n", ok, *n, time.Since(t0).Seconds(), rss)
	if int(ok) != *n {
		os.Exit(2)
	}
}

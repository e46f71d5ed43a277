// Minimal NETCONF-ish / CLI-ish libssh server for transport measurements.
// One epoll loop per thread; every session owns a private ssh_event (mode "ep"),
// or all sessions of a thread share one ssh_event (mode "event").
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <libssh/callbacks.h>
#include <libssh/libssh.h>
#include <libssh/server.h>
#include <malloc.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static int g_port = 2222, g_threads = 1, g_shared_event = 0, g_et = 0, g_chunk = 0;
static const char *g_keyfile, *g_kex, *g_cipher, *g_mac, *g_hk;
static size_t g_cfgsize = 8192;
static char *g_hello, *g_config, *g_ok;
static size_t g_hello_n, g_config_n, g_ok_n;
static atomic_long n_acc, n_done, n_open, n_auth, n_err, n_polls;

struct conn {
    ssh_session s;
    ssh_event ev;
    ssh_channel ch;
    int fd;
    int dead;
    int kexdone;
    int armed_out;
    int mode; // 0 none, 1 netconf, 2 cli, 3 echo
    char *in;
    size_t in_n, in_cap;
    char *out;
    size_t out_n, out_pos, out_cap;
    int close_after;
    int cfgmode, linecount;
    struct late *late;
    struct ssh_server_callbacks_struct scb;
    struct ssh_channel_callbacks_struct ccb;
    struct worker *w;
    struct conn *next_dead;
};
struct late {
    double due;
    struct conn *c;
    char id[64];
    struct late *next;
};
struct worker {
    int ep, lfd;
    ssh_bind bind;
    struct conn *dead;
    ssh_event shared;
    int id;
    struct late *lh, *lt;
};
static int g_delay = 0;
static double now_s(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

static void xappend(char **b, size_t *n, size_t *cap, const void *d, size_t l) {
    if (*n + l + 1 > *cap) {
        *cap = (*n + l + 1) * 2;
        *b = realloc(*b, *cap);
    }
    memcpy(*b + *n, d, l);
    *n += l;
    (*b)[*n] = 0;
}
static void push(struct conn *c) { // write what the window allows
    while (c->ch && c->out_pos < c->out_n) {
        size_t k = c->out_n - c->out_pos;
        if (g_chunk) {
            if (ssh_get_status(c->s) & SSH_WRITE_PENDING)
                return;
            if (k > (size_t)g_chunk)
                k = g_chunk;
        }
        int w = ssh_channel_write(c->ch, c->out + c->out_pos, k);
        if (w == SSH_ERROR) {
            c->dead = 1;
            return;
        }
        if (w == 0)
            return;
        c->out_pos += w;
    }
    c->out_pos = c->out_n = 0;
    if (c->out_cap > 65536) {
        free(c->out);
        c->out = NULL;
        c->out_cap = 0;
    }
    if (c->close_after && c->ch) {
        ssh_channel_send_eof(c->ch);
        ssh_channel_close(c->ch);
        c->close_after = 0;
    }
}
static void say(struct conn *c, const void *d, size_t l) {
    if (g_chunk && l > (size_t)g_chunk) {
        xappend(&c->out, &c->out_n, &c->out_cap, d, l);
        push(c);
        return;
    }
    if (c->out_n == 0 && c->ch) { // fast path: no extra copy
        int w = ssh_channel_write(c->ch, d, l);
        if (w == SSH_ERROR) {
            c->dead = 1;
            return;
        }
        d = (const char *)d + w;
        l -= w;
        if (!l)
            return;
    }
    xappend(&c->out, &c->out_n, &c->out_cap, d, l);
}
static void sayz(struct conn *c, const char *z) { say(c, z, strlen(z)); }

static void netconf_msg(struct conn *c, char *m, size_t n) {
    (void)n;
    char id[64] = "0";
    if (strstr(m, "<hello") || strstr(m, ":hello"))
        return;
    char *p = strstr(m, "message-id=");
    if (p) {
        p += 12;
        size_t i = 0;
        while (p[i] && p[i] != '"' && p[i] != '\'' && i < 63) {
            id[i] = p[i];
            i++;
        }
        id[i] = 0;
    }
    char head[256];
    int hn = snprintf(head, sizeof head,
                      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rpc-reply "
                      "xmlns=\"urn:ietf:params:xml:ns:netconf:base:1.0\" message-id=\"%s\">",
                      id);
    if (strstr(m, "get-config") || strstr(m, "<get>") || strstr(m, "<get ")) {
        char *b = malloc(hn + g_config_n);
        memcpy(b, head, hn);
        memcpy(b + hn, g_config, g_config_n);
        say(c, b, hn + g_config_n);
        free(b);
    } else if (g_delay && strstr(m, "commit")) {
        struct late *l = calloc(1, sizeof *l);
        l->due = now_s() + g_delay / 1e3;
        l->c = c;
        snprintf(l->id, sizeof l->id, "%s", id);
        c->late = l;
        if (c->w->lt)
            c->w->lt->next = l;
        else
            c->w->lh = l;
        c->w->lt = l;
    } else {
        char b[512];
        memcpy(b, head, hn);
        memcpy(b + hn, g_ok, g_ok_n);
        say(c, b, hn + g_ok_n);
        if (strstr(m, "close-session")) {
            c->close_after = 1;
            push(c);
        }
    }
}
static void prompt(struct conn *c) { sayz(c, c->cfgmode ? "r1(config)#" : "r1#"); }
static void cli_line(struct conn *c, char *l) {
    if (!strncmp(l, "conf", 4))
        c->cfgmode = 1;
    else if (!strcmp(l, "end"))
        c->cfgmode = 0;
    else if (!strcmp(l, "exit") && c->cfgmode)
        c->cfgmode = 0;
    else if (!strcmp(l, "exit") || !strcmp(l, "logout")) {
        c->close_after = 1;
        push(c);
        return;
    } else if (!strncmp(l, "show run", 8)) {
        for (int i = 0; i < 200; i++) {
            char b[96];
            int n = snprintf(b, sizeof b, "interface GigabitEthernet0/%d\r\n", i);
            say(c, b, n);
        }
    } else if (!strncmp(l, "show", 4))
        sayz(c, "Cisco IOS XE Software, Version 17.09.04a\r\nuptime is 1 day\r\n");
    prompt(c);
}
static int on_data(ssh_session s, ssh_channel ch, void *d, uint32_t len, int is_err, void *u) {
    struct conn *c = u;
    (void)s;
    (void)ch;
    (void)is_err;
    if (c->mode == 3) {
        say(c, d, len);
        return len;
    }
    if (c->mode == 2) { // CLI: echo and line discipline
        char *p = d;
        char ob[4096];
        size_t on = 0;
        for (uint32_t i = 0; i < len; i++) {
            char k = p[i];
            if (k == '\r' || k == '\n') {
                if (k == '\n' && c->in_n == 0 && c->linecount && i && p[i - 1] == '\r')
                    continue;
                memcpy(ob + on, "\r\n", 2);
                on += 2;
                say(c, ob, on);
                on = 0;
                c->in[c->in_n] = 0;
                char line[512];
                snprintf(line, sizeof line, "%s", c->in);
                c->in_n = 0;
                c->linecount++;
                cli_line(c, line);
            } else {
                xappend(&c->in, &c->in_n, &c->in_cap, &k, 1);
                if (on > 4000) {
                    say(c, ob, on);
                    on = 0;
                }
                ob[on++] = k;
            }
        }
        if (on)
            say(c, ob, on);
        return len;
    }
    size_t from = c->in_n > 5 ? c->in_n - 5 : 0;
    xappend(&c->in, &c->in_n, &c->in_cap, d, len);
    char *e;
    while (c->in_n && (e = memmem(c->in + from, c->in_n - from, "]]>]]>", 6))) {
        *e = 0;
        netconf_msg(c, c->in, e - c->in);
        size_t used = e + 6 - c->in;
        memmove(c->in, c->in + used, c->in_n - used);
        c->in_n -= used;
        from = 0;
    }
    if (c->in_n == 0 && c->in_cap > 16384) {
        free(c->in);
        c->in = NULL;
        c->in_cap = 0;
    }
    return len;
}
static int on_subsys(ssh_session s, ssh_channel ch, const char *name, void *u) {
    struct conn *c = u;
    (void)s;
    (void)ch;
    n_open++;
    if (!strcmp(name, "netconf")) {
        c->mode = 1;
        c->linecount = -1;
        return 0;
    }
    if (!strcmp(name, "echo")) {
        c->mode = 3;
        return 0;
    }
    return 1;
}
static int on_pty(ssh_session s, ssh_channel ch, const char *t, int a, int b, int d, int e, void *u) {
    (void)s;
    (void)ch;
    (void)t;
    (void)a;
    (void)b;
    (void)d;
    (void)e;
    (void)u;
    return 0;
}
static int on_shell(ssh_session s, ssh_channel ch, void *u) {
    struct conn *c = u;
    (void)s;
    (void)ch;
    c->mode = 2;
    c->in_cap = 256;
    c->in = malloc(256);
    c->cfgmode = 0;
    c->linecount = -2;
    n_open++;
    return 0;
}
static int on_exec(ssh_session s, ssh_channel ch, const char *cmd, void *u) {
    (void)s;
    (void)ch;
    (void)cmd;
    (void)u;
    return 1;
}
static void on_close(ssh_session s, ssh_channel ch, void *u) {
    (void)s;
    (void)ch;
    struct conn *c = u;
    c->dead = 1;
}
static void on_eof(ssh_session s, ssh_channel ch, void *u) {
    (void)s;
    (void)ch;
    struct conn *c = u;
    if (c->mode != 3 || 1)
        c->close_after = 1;
}
static int on_wontblock(ssh_session s, ssh_channel ch, uint32_t bytes, void *u) {
    (void)s;
    (void)ch;
    (void)bytes;
    (void)u;
    return 0;
}
static ssh_channel on_chan(ssh_session s, void *u) {
    struct conn *c = u;
    c->ch = ssh_channel_new(s);
    c->ccb.userdata = c;
    c->ccb.channel_data_function = on_data;
    c->ccb.channel_subsystem_request_function = on_subsys;
    c->ccb.channel_pty_request_function = on_pty;
    c->ccb.channel_shell_request_function = on_shell;
    c->ccb.channel_exec_request_function = on_exec;
    c->ccb.channel_close_function = on_close;
    c->ccb.channel_eof_function = on_eof;
    c->ccb.channel_write_wontblock_function = on_wontblock;
    ssh_callbacks_init(&c->ccb);
    ssh_set_channel_callbacks(c->ch, &c->ccb);
    return c->ch;
}
static int on_pass(ssh_session s, const char *u, const char *p, void *x) {
    (void)s;
    (void)u;
    (void)x;
    if (!strcmp(p, "admin")) {
        n_auth++;
        return SSH_AUTH_SUCCESS;
    }
    return SSH_AUTH_DENIED;
}
static int on_pub(ssh_session s, const char *u, struct ssh_key_struct *k, char st, void *x) {
    (void)s;
    (void)u;
    (void)k;
    (void)x;
    if (st == SSH_PUBLICKEY_STATE_VALID)
        n_auth++;
    return SSH_AUTH_SUCCESS;
}

static void arm(struct conn *c, int op) {
    if (g_et) {
        if (op == EPOLL_CTL_ADD) {
            struct epoll_event e = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.ptr = c};
            epoll_ctl(c->w->ep, op, c->fd, &e);
        }
        return;
    }
    int want = (ssh_get_status(c->s) & SSH_WRITE_PENDING) ? 1 : 0;
    if (op == EPOLL_CTL_MOD && want == c->armed_out)
        return;
    struct epoll_event e = {.events = EPOLLIN | (want ? EPOLLOUT : 0), .data.ptr = c};
    epoll_ctl(c->w->ep, op, c->fd, &e);
    c->armed_out = want;
}
static void conn_free(struct conn *c) {
    if (c->late)
        c->late->c = NULL;
    if (!g_shared_event)
        epoll_ctl(c->w->ep, EPOLL_CTL_DEL, c->fd, NULL);
    if (c->ev)
        ssh_event_remove_session(c->ev, c->s);
    if (c->ev && !g_shared_event)
        ssh_event_free(c->ev);
    ssh_disconnect(c->s);
    ssh_free(c->s);
    free(c->in);
    free(c->out);
    free(c);
    n_done++;
}
static void conn_step(struct conn *c) {
    int guard = 0;
    if (!c->kexdone) {
        int rc = ssh_handle_key_exchange(c->s);
        n_polls++;
        if (rc == SSH_ERROR) {
            c->dead = 1;
            n_err++;
        } else if (rc == SSH_OK)
            c->kexdone = 1;
        if (c->dead)
            return;
        // fall through: more data may already be decoded
    }
    while (!c->dead && guard++ < 64) {
        int rc = ssh_event_dopoll(c->ev, 0);
        n_polls++;
        if (rc == SSH_ERROR) {
            c->dead = 1;
            break;
        }
        if (rc == SSH_AGAIN)
            break;
    }
    if (!c->dead && c->out_n)
        push(c);
    if (!c->dead && c->close_after && c->out_n == 0)
        push(c);
    if (!c->dead && !ssh_is_connected(c->s))
        c->dead = 1;
}
static struct conn *conn_new(struct worker *w, int fd) {
    int one = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    struct conn *c = calloc(1, sizeof *c);
    c->w = w;
    c->fd = fd;
    c->s = ssh_new();
    ssh_set_blocking(c->s, 0);
    if (ssh_bind_accept_fd(w->bind, c->s, fd) != SSH_OK) {
        fprintf(stderr, "accept: %s\n", ssh_get_error(w->bind));
        close(fd);
        ssh_free(c->s);
        free(c);
        return NULL;
    }
    c->scb.userdata = c;
    c->scb.auth_password_function = on_pass;
    c->scb.auth_pubkey_function = on_pub;
    c->scb.channel_open_request_session_function = on_chan;
    ssh_callbacks_init(&c->scb);
    ssh_set_server_callbacks(c->s, &c->scb);
    ssh_set_auth_methods(c->s, SSH_AUTH_METHOD_PASSWORD | SSH_AUTH_METHOD_PUBLICKEY);
    c->ev = g_shared_event ? w->shared : ssh_event_new();
    if (ssh_handle_key_exchange(c->s) == SSH_ERROR) {
        c->dead = 1;
    }
    ssh_event_add_session(c->ev, c->s);
    n_acc++;
    return c;
}
static void after(struct conn *c) {
    // server hello as soon as the subsystem is accepted
    if (c->mode == 1 && c->linecount == -1) {
        c->linecount = 0;
        say(c, g_hello, g_hello_n);
    }
    if (c->mode == 2 && c->linecount == -2) {
        c->linecount = 0;
        sayz(c, "\r\n");
        prompt(c);
    }
}
static void *work(void *a) {
    struct worker *w = a;
    int one = 1;
    struct sockaddr_in sa = {.sin_family = AF_INET, .sin_port = htons(g_port), .sin_addr.s_addr = INADDR_ANY};
    w->lfd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    setsockopt(w->lfd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    setsockopt(w->lfd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one);
    if (bind(w->lfd, (void *)&sa, sizeof sa) || listen(w->lfd, 4096)) {
        perror("bind");
        exit(1);
    }
    w->bind = ssh_bind_new();
    bool no = false;
    ssh_bind_options_set(w->bind, SSH_BIND_OPTIONS_PROCESS_CONFIG, &no);
    if (g_kex && ssh_bind_options_set(w->bind, SSH_BIND_OPTIONS_KEY_EXCHANGE, g_kex)) {
        fprintf(stderr, "kex\n");
        exit(1);
    }
    if (g_cipher) {
        ssh_bind_options_set(w->bind, SSH_BIND_OPTIONS_CIPHERS_C_S, g_cipher);
        ssh_bind_options_set(w->bind, SSH_BIND_OPTIONS_CIPHERS_S_C, g_cipher);
    }
    if (g_mac) {
        ssh_bind_options_set(w->bind, SSH_BIND_OPTIONS_HMAC_C_S, g_mac);
        ssh_bind_options_set(w->bind, SSH_BIND_OPTIONS_HMAC_S_C, g_mac);
    }
    if (g_hk && ssh_bind_options_set(w->bind, SSH_BIND_OPTIONS_HOSTKEY_ALGORITHMS, g_hk)) {
        fprintf(stderr, "hk\n");
        exit(1);
    }
    ssh_key k;
    if (ssh_pki_import_privkey_file(g_keyfile, NULL, NULL, NULL, &k) != SSH_OK) {
        fprintf(stderr, "key\n");
        exit(1);
    }
    ssh_bind_options_set(w->bind, SSH_BIND_OPTIONS_IMPORT_KEY, k);
    w->ep = epoll_create1(EPOLL_CLOEXEC);
    w->shared = g_shared_event ? ssh_event_new() : NULL;
    struct epoll_event le = {.events = EPOLLIN, .data.ptr = NULL};
    epoll_ctl(w->ep, EPOLL_CTL_ADD, w->lfd, &le);
    struct epoll_event ev[512];
    static _Thread_local struct conn *all[20000];
    int na = 0;
    for (;;) {
        int tmo = -1;
        if (w->lh) {
            double d = w->lh->due - now_s();
            tmo = d <= 0 ? 0 : (int)(d * 1000) + 1;
        }
        int n = epoll_wait(w->ep, ev, 512, g_shared_event ? 0 : tmo);
        while (w->lh && w->lh->due <= now_s()) {
            struct late *l = w->lh;
            w->lh = l->next;
            if (!w->lh)
                w->lt = NULL;
            if (l->c) {
                struct conn *c = l->c;
                c->late = NULL;
                char b[512];
                int k = snprintf(
                    b, sizeof b,
                    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rpc-reply "
                    "xmlns=\"urn:ietf:params:xml:ns:netconf:base:1.0\" message-id=\"%s\"><ok/></rpc-reply>]]>]]>",
                    l->id);
                say(c, b, k);
                if (!c->dead)
                    arm(c, EPOLL_CTL_MOD);
            }
            free(l);
        }
        for (int i = 0; i < n; i++) {
            struct conn *c = ev[i].data.ptr;
            if (!c) {
                for (int k2 = 0; k2 < 64; k2++) {
                    int fd = accept4(w->lfd, NULL, NULL, SOCK_CLOEXEC);
                    if (fd < 0)
                        break;
                    struct conn *nc = conn_new(w, fd);
                    if (nc) {
                        if (g_shared_event)
                            all[na++] = nc;
                        else
                            arm(nc, EPOLL_CTL_ADD);
                    }
                }
                continue;
            }
            conn_step(c);
            if (!c->dead) {
                after(c);
                arm(c, EPOLL_CTL_MOD);
            }
            if (c->dead)
                conn_free(c);
        }
        if (g_shared_event) {
            if (na == 0) {
                struct pollfd p = {w->lfd, POLLIN, 0};
                poll(&p, 1, 1000);
                continue;
            }
            ssh_event_dopoll(w->shared, 1);
            n_polls++;
            for (int i = 0; i < na; i++) {
                struct conn *c = all[i];
                if (!c->kexdone) { /* state advances inside dopoll callbacks */
                    c->kexdone = 1;
                }
                if (!ssh_is_connected(c->s) || (ssh_get_status(c->s) & (SSH_CLOSED | SSH_CLOSED_ERROR)))
                    c->dead = 1;
                if (!c->dead) {
                    after(c);
                    if (c->out_n)
                        push(c);
                    if (c->close_after)
                        push(c);
                }
                if (c->dead) {
                    conn_free(c);
                    all[i--] = all[--na];
                }
            }
        }
    }
}
static void stats(int sig) { (void)sig; }
int main(int ac, char **av) {
    int o;
    const char *statf = NULL;
    while ((o = getopt(ac, av, "p:t:k:m:c:s:a:eK:C:M:H:d:b:")) != -1)
        switch (o) {
        case 'p':
            g_port = atoi(optarg);
            break;
        case 't':
            g_threads = atoi(optarg);
            break;
        case 'k':
            g_keyfile = optarg;
            break;
        case 'm':
            g_shared_event = !strcmp(optarg, "event");
            break;
        case 'c':
            g_cfgsize = atol(optarg);
            break;
        case 's':
            statf = optarg;
            break;
        case 'a':
            mallopt(M_ARENA_MAX, atoi(optarg));
            break;
        case 'e':
            g_et = 1;
            break;
        case 'b':
            g_chunk = atoi(optarg);
            break;
        case 'd':
            g_delay = atoi(optarg);
            break;
        case 'K':
            g_kex = optarg;
            break;
        case 'C':
            g_cipher = optarg;
            break;
        case 'M':
            g_mac = optarg;
            break;
        case 'H':
            g_hk = optarg;
            break;
        }
    signal(SIGPIPE, SIG_IGN);
    signal(SIGUSR1, stats);
    struct rlimit rl;
    getrlimit(RLIMIT_NOFILE, &rl);
    rl.rlim_cur = rl.rlim_max;
    setrlimit(RLIMIT_NOFILE, &rl);
    ssh_init();
    const char *h = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<hello "
                    "xmlns=\"urn:ietf:params:xml:ns:netconf:base:1.0\"><capabilities><capability>urn:ietf:params:"
                    "netconf:base:1.0</capability><capability>urn:ietf:params:netconf:capability:candidate:1.0</"
                    "capability><capability>urn:ietf:params:netconf:capability:confirmed-commit:1.1</"
                    "capability><capability>urn:ietf:params:netconf:capability:rollback-on-error:1.0</"
                    "capability><capability>urn:ietf:params:netconf:capability:validate:1.1</capability></"
                    "capabilities><session-id>4</session-id></hello>]]>]]>";
    g_hello = strdup(h);
    g_hello_n = strlen(h);
    g_ok = strdup("<ok/></rpc-reply>]]>]]>");
    g_ok_n = strlen(g_ok);
    g_config = malloc(g_cfgsize + 1024);
    size_t n = sprintf(g_config, "<data><interfaces xmlns=\"urn:ietf:params:xml:ns:yang:ietf-interfaces\">");
    for (int i = 0; n < g_cfgsize - 300; i++)
        n += sprintf(g_config + n,
                     "<interface><name>GigabitEthernet0/%d</name><description>link to peer %d</description><type "
                     "xmlns:ianaift=\"urn:ietf:params:xml:ns:yang:iana-if-type\">ianaift:ethernetCsmacd</"
                     "type><enabled>true</enabled></interface>",
                     i, i);
    n += sprintf(g_config + n, "</interfaces></data></rpc-reply>]]>]]>");
    g_config_n = n;
    for (int i = 0; i < g_threads; i++) {
        struct worker *w = calloc(1, sizeof *w);
        w->id = i;
        pthread_t t;
        pthread_create(&t, NULL, work, w);
    }
    for (;;) {
        pause();
        if (statf) {
            struct rusage r;
            getrusage(RUSAGE_SELF, &r);
            FILE *f = fopen(statf, "w");
            fprintf(f, "acc=%ld auth=%ld open=%ld done=%ld err=%ld polls=%ld user=%.3f sys=%.3f maxrss_kb=%ld\n", n_acc,
                    n_auth, n_open, n_done, n_err, n_polls, r.ru_utime.tv_sec + r.ru_utime.tv_usec / 1e6,
                    r.ru_stime.tv_sec + r.ru_stime.tv_usec / 1e6, r.ru_maxrss);
            fclose(f);
        }
    }
}

// libssh client in several concurrency shapes, one NETCONF (or CLI) transaction per device.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <libssh/callbacks.h>
#include <libssh/libssh.h>
#include <malloc.h>
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
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static int g_port = 2222, g_n = 200, g_threads = 1, g_conc = 1, g_bare = 0, g_hold = 0, g_own_fd = 1, g_stack = 0,
           g_cb = 1, g_cfgparse = 0, g_none = 0;
static const char *g_mode = "seq", *g_user = "admin", *g_pass = "admin", *g_key, *g_kex, *g_hk, *g_cipher, *g_mac,
                  *g_kh, *g_host = NULL;
static ssh_key g_pk;
static atomic_long n_ok, n_bad, n_next, n_hold, n_ev, n_polls;
static size_t g_big = 0;
static uint64_t g_rekey = 0;
static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}
static const char *HELLO = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><hello "
                           "xmlns=\"urn:ietf:params:xml:ns:netconf:base:1.0\"><capabilities><capability>urn:ietf:"
                           "params:netconf:base:1.0</capability></capabilities></hello>]]>]]>";
static char *REQ[5];
static size_t REQN[5];
static void mkreq(void) {
    const char *body[4] = {
        "<get-config><source><running/></source></get-config>",
        "<edit-config><target><candidate/></target><config><interfaces "
        "xmlns=\"urn:ietf:params:xml:ns:yang:ietf-interfaces\"><interface><name>GigabitEthernet0/1</"
        "name><description>set by test</description></interface></interfaces></config></edit-config>",
        "<commit/>", "<close-session/>"};
    for (int i = 0; i < 4; i++) {
        size_t extra = (i == 1) ? g_big : 0;
        REQ[i] = malloc(1024 + strlen(body[i]) + extra);
        int n = sprintf(REQ[i],
                        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><rpc "
                        "xmlns=\"urn:ietf:params:xml:ns:netconf:base:1.0\" message-id=\"%d\">",
                        i + 101);
        if (extra) {
            n += sprintf(REQ[i] + n, "<!--");
            memset(REQ[i] + n, 'x', extra);
            n += extra;
            n += sprintf(REQ[i] + n, "-->");
        }
        n += sprintf(REQ[i] + n, "%s</rpc>]]>]]>", body[i]);
        REQN[i] = n;
    }
}
struct dev {
    int i, st, fd, ep, armed, op_ptr, msgs, fail;
    ssh_session s;
    ssh_channel ch;
    ssh_event ev;
    char *in;
    size_t in_n, in_cap;
    const char *out;
    size_t out_n, out_p;
    int eof;
    double t0;
    struct ssh_channel_callbacks_struct ccb;
    struct worker *w;
};
static void addr_of(int i, char *b) {
    if (g_host)
        strcpy(b, g_host);
    else
        sprintf(b, "127.0.%d.%d", (i / 250) % 250, i % 250 + 1);
}
static ssh_session mk(int i) {
    ssh_session s = ssh_new();
    char h[64];
    addr_of(i, h);
    bool no = false;
    if (!g_cfgparse)
        ssh_options_set(s, SSH_OPTIONS_PROCESS_CONFIG, &no);
    ssh_options_set(s, SSH_OPTIONS_HOST, h);
    ssh_options_set(s, SSH_OPTIONS_PORT, &g_port);
    ssh_options_set(s, SSH_OPTIONS_USER, g_user);
    if (!g_cfgparse) {
        ssh_options_set(s, SSH_OPTIONS_SSH_DIR, "/nonexistent");
        ssh_options_set(s, SSH_OPTIONS_KNOWNHOSTS, g_kh ? g_kh : "/dev/null");
        ssh_options_set(s, SSH_OPTIONS_GLOBAL_KNOWNHOSTS, "/dev/null");
    }
    int one = 1;
    ssh_options_set(s, SSH_OPTIONS_NODELAY, &one);
    long to = 120;
    ssh_options_set(s, SSH_OPTIONS_TIMEOUT, &to);
    if (g_rekey)
        ssh_options_set(s, SSH_OPTIONS_REKEY_DATA, &g_rekey);
    if (g_kex)
        ssh_options_set(s, SSH_OPTIONS_KEY_EXCHANGE, g_kex);
    if (g_hk)
        ssh_options_set(s, SSH_OPTIONS_HOSTKEYS, g_hk);
    if (g_cipher) {
        ssh_options_set(s, SSH_OPTIONS_CIPHERS_C_S, g_cipher);
        ssh_options_set(s, SSH_OPTIONS_CIPHERS_S_C, g_cipher);
    }
    if (g_mac) {
        ssh_options_set(s, SSH_OPTIONS_HMAC_C_S, g_mac);
        ssh_options_set(s, SSH_OPTIONS_HMAC_S_C, g_mac);
    }
    return s;
}
static int hostkey(ssh_session s) {
    if (g_kh)
        return ssh_session_is_known_server(s) == SSH_KNOWN_HOSTS_OK ? 0 : -1;
    ssh_key k;
    if (ssh_get_server_publickey(s, &k))
        return -1;
    unsigned char *h;
    size_t n;
    int rc = ssh_get_publickey_hash(k, SSH_PUBLICKEY_HASH_SHA256, &h, &n);
    ssh_clean_pubkey_hash(&h);
    ssh_key_free(k);
    return rc;
}
static int auth(ssh_session s) {
    if (g_none && !ssh_userauth_list(s, NULL)) {
        int r = ssh_userauth_none(s, NULL);
        if (r != SSH_AUTH_DENIED)
            return r;
    }
    return g_pk ? ssh_userauth_publickey(s, NULL, g_pk) : ssh_userauth_password(s, NULL, g_pass);
}
static int readmsg(ssh_channel ch, char **b, size_t *n, size_t *cap) {
    size_t from = 0;
    for (;;) {
        if (*n >= 6) {
            char *e = memmem(*b + from, *n - from, "]]>]]>", 6);
            if (e) {
                size_t used = e + 6 - *b;
                memmove(*b, e + 6, *n - used);
                *n -= used;
                return 0;
            }
            from = *n - 5;
        }
        if (*n + 4096 > *cap) {
            *cap = (*n + 8192) * 2;
            *b = realloc(*b, *cap);
        }
        int r = ssh_channel_read(ch, *b + *n, *cap - *n, 0);
        if (r <= 0)
            return -1;
        *n += r;
    }
}
static int one_blocking(int i, ssh_session *keep) {
    ssh_session s = mk(i);
    ssh_channel ch = NULL;
    char *b = NULL;
    size_t n = 0, cap = 0;
    int rc = -1;
    if (ssh_connect(s) != SSH_OK) {
        fprintf(stderr, "connect: %s\n", ssh_get_error(s));
        goto out;
    }
    if (hostkey(s)) {
        fprintf(stderr, "hostkey\n");
        goto out;
    }
    if (auth(s) != SSH_AUTH_SUCCESS) {
        fprintf(stderr, "auth: %s\n", ssh_get_error(s));
        goto out;
    }
    ch = ssh_channel_new(s);
    if (ssh_channel_open_session(ch) || ssh_channel_request_subsystem(ch, "netconf")) {
        fprintf(stderr, "subsys: %s\n", ssh_get_error(s));
        goto out;
    }
    if (ssh_channel_write(ch, HELLO, strlen(HELLO)) < 0 || readmsg(ch, &b, &n, &cap))
        goto out;
    if (keep) {
        *keep = s;
        n_hold++;
        free(b);
        return 0;
    }
    for (int k = 0; k < 4; k++) {
        if (ssh_channel_write(ch, REQ[k], REQN[k]) < 0 || readmsg(ch, &b, &n, &cap)) {
            fprintf(stderr, "rpc %d: %s\n", k, ssh_get_error(s));
            goto out;
        }
    }
    rc = 0;
out:
    if (ch) {
        ssh_channel_close(ch);
        ssh_channel_free(ch);
    }
    ssh_disconnect(s);
    ssh_free(s);
    free(b);
    if (rc)
        n_bad++;
    else
        n_ok++;
    return rc;
}
static void *thr(void *a) {
    (void)a;
    for (;;) {
        long i = n_next++;
        if (i >= g_n)
            break;
        ssh_session k;
        one_blocking(i, g_hold ? &k : NULL);
    }
    if (g_hold)
        pause();
    return NULL;
}

// ---- reactor
enum { CONNECTING, KEX, AUTH, OPEN, SUBSYS, HELLO_WAIT, RPC, HOLD, DONE };
struct worker {
    int ep, active;
    pthread_t t;
    ssh_event shared;
    struct dev **live;
    int nlive;
};
static int on_data(ssh_session s, ssh_channel ch, void *d, uint32_t len, int is_err, void *u) {
    struct dev *v = u;
    (void)s;
    (void)ch;
    (void)is_err;
    size_t from = v->in_n > 5 ? v->in_n - 5 : 0;
    if (v->in_n + len > v->in_cap) {
        v->in_cap = (v->in_n + len) * 2;
        v->in = realloc(v->in, v->in_cap);
    }
    memcpy(v->in + v->in_n, d, len);
    v->in_n += len;
    char *e;
    while (v->in_n && (e = memmem(v->in + from, v->in_n - from, "]]>]]>", 6))) {
        v->msgs++;
        size_t used = e + 6 - v->in;
        memmove(v->in, e + 6, v->in_n - used);
        v->in_n -= used;
        from = 0;
    }
    return len;
}
static void on_end(ssh_session s, ssh_channel ch, void *u) {
    (void)s;
    (void)ch;
    ((struct dev *)u)->eof = 1;
}
static int dial(struct dev *d) {
    char h[64];
    addr_of(d->i, h);
    struct sockaddr_in sa = {.sin_family = AF_INET, .sin_port = htons(g_port)};
    inet_pton(AF_INET, h, &sa.sin_addr);
    d->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int one = 1;
    setsockopt(d->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (connect(d->fd, (void *)&sa, sizeof sa) && errno != EINPROGRESS) {
        perror("connect");
        return -1;
    }
    return 0;
}
static void send_more(struct dev *d) {
    while (d->out_p < d->out_n) {
        int w = ssh_channel_write(d->ch, d->out + d->out_p, d->out_n - d->out_p);
        if (w < 0) {
            d->fail = 1;
            return;
        }
        if (w == 0)
            return;
        d->out_p += w;
    }
}
static void queue(struct dev *d, const char *m, size_t n) {
    d->out = m;
    d->out_n = n;
    d->out_p = 0;
    send_more(d);
}
static void finish(struct dev *d);
static void advance(struct dev *d) {
    int rc;
    for (;;)
        switch (d->st) {
        case CONNECTING: {
            int e = 0;
            socklen_t l = sizeof e;
            getsockopt(d->fd, SOL_SOCKET, SO_ERROR, &e, &l);
            if (e) {
                d->fail = 1;
                fprintf(stderr, "tcp: %s\n", strerror(e));
                return;
            }
            d->s = mk(d->i);
            ssh_options_set(d->s, SSH_OPTIONS_FD, &d->fd);
            ssh_set_blocking(d->s, 0);
            d->st = KEX;
            break;
        }
        case KEX:
            n_polls++;
            rc = ssh_connect(d->s);
            if (rc == SSH_AGAIN)
                return;
            if (rc != SSH_OK) {
                d->fail = 1;
                fprintf(stderr, "kex: %s\n", ssh_get_error(d->s));
                return;
            }
            fcntl(d->fd, F_SETFL, O_NONBLOCK); // libssh put the fd back into blocking mode
            if (hostkey(d->s)) {
                d->fail = 1;
                fprintf(stderr, "hostkey\n");
                return;
            }
            if (d->w->shared) {
                ssh_event_add_session(d->w->shared, d->s);
            }
            d->st = AUTH;
            break;
        case AUTH:
            n_polls++;
            rc = auth(d->s);
            if (rc == SSH_AUTH_AGAIN)
                return;
            if (rc != SSH_AUTH_SUCCESS) {
                d->fail = 1;
                fprintf(stderr, "auth %d: %s\n", rc, ssh_get_error(d->s));
                return;
            }
            d->ch = ssh_channel_new(d->s);
            d->st = OPEN;
            if (g_cb) {
                d->ccb.userdata = d;
                d->ccb.channel_data_function = on_data;
                d->ccb.channel_eof_function = on_end;
                d->ccb.channel_close_function = on_end;
                ssh_callbacks_init(&d->ccb);
                ssh_set_channel_callbacks(d->ch, &d->ccb);
            }
            break;
        case OPEN:
            n_polls++;
            rc = ssh_channel_open_session(d->ch);
            if (rc == SSH_AGAIN)
                return;
            if (rc) {
                d->fail = 1;
                fprintf(stderr, "open: %s\n", ssh_get_error(d->s));
                return;
            }
            d->st = SUBSYS;
            break;
        case SUBSYS:
            n_polls++;
            rc = ssh_channel_request_subsystem(d->ch, "netconf");
            if (rc == SSH_AGAIN)
                return;
            if (rc) {
                d->fail = 1;
                fprintf(stderr, "subsys: %s\n", ssh_get_error(d->s));
                return;
            }
            d->st = HELLO_WAIT;
            queue(d, HELLO, strlen(HELLO));
            break;
        default: {
            if (g_cb) {
                for (int k = 0; k < 1024; k++) {
                    n_polls++;
                    int r;
                    if (d->w->shared)
                        break;
                    r = ssh_channel_poll(d->ch, 0); // drives ssh_handle_packets once; data arrives in on_data
                    if (r == SSH_ERROR) {
                        d->fail = 1;
                        return;
                    }
                    if (r == SSH_EOF) {
                        d->eof = 1;
                        break;
                    }
                    struct pollfd p = {d->fd, POLLIN, 0};
                    if (poll(&p, 1, 0) <= 0)
                        break;
                }
            } else {
                char b[16384];
                int r;
                while ((n_polls++, r = ssh_channel_read_nonblocking(d->ch, b, sizeof b, 0)) > 0)
                    on_data(d->s, d->ch, b, r, 0, d);
                if (r == SSH_ERROR) {
                    d->fail = 1;
                    return;
                }
                if (r == SSH_EOF)
                    d->eof = 1;
            }
            send_more(d);
            if (d->fail)
                return;
            if (d->st == HELLO_WAIT) {
                if (d->msgs < 1) {
                    if (d->eof)
                        d->fail = 1;
                    return;
                }
                d->msgs = 0;
                if (g_hold) {
                    d->st = HOLD;
                    n_hold++;
                    return;
                }
                d->st = RPC;
                d->op_ptr = 0;
                queue(d, REQ[0], REQN[0]);
            } else if (d->st == RPC) {
                if (d->msgs < 1) {
                    if (d->eof)
                        d->fail = 1;
                    return;
                }
                d->msgs = 0;
                if (++d->op_ptr == 4) {
                    d->st = DONE;
                    return;
                }
                queue(d, REQ[d->op_ptr], REQN[d->op_ptr]);
            } else
                return;
            if (d->msgs < 1)
                return;
        }
        }
}
static void rearm(struct dev *d) {
    int want =
        EPOLLIN | ((d->st == CONNECTING || (d->s && (ssh_get_status(d->s) & SSH_WRITE_PENDING)) ||
                    (d->st == KEX && (ssh_get_poll_flags(d->s) & SSH_WRITE_PENDING) && ssh_get_status(d->s) == 0 && 0))
                       ? EPOLLOUT
                       : 0);
    if (want == d->armed)
        return;
    struct epoll_event e = {.events = want, .data.ptr = d};
    epoll_ctl(d->ep, d->armed ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, d->fd, &e);
    d->armed = want;
}
static void finish(struct dev *d) {
    if (d->fail)
        n_bad++;
    else
        n_ok++;
    if (!d->s || ssh_get_fd(d->s) >= 0)
        epoll_ctl(d->ep, EPOLL_CTL_DEL, d->fd, NULL);
    if (d->w->shared && d->s)
        ssh_event_remove_session(d->w->shared, d->s);
    if (d->ch) {
        ssh_channel_close(d->ch);
        ssh_channel_free(d->ch);
    }
    // with SSH_OPTIONS_FD the fd is ours after ssh_disconnect(); -1 means an error path inside libssh has closed it
    // already
    if (d->s) {
        int fd = ssh_get_fd(d->s);
        ssh_disconnect(d->s);
        ssh_free(d->s);
        if (fd >= 0)
            close(fd);
    } else
        close(d->fd);
    free(d->in);
    free(d);
}
static void *reactor(void *a) {
    struct worker *w = a;
    struct epoll_event ev[512];
    w->ep = epoll_create1(EPOLL_CLOEXEC);
    int exhausted = 0;
    if (!strcmp(g_mode, "event")) {
        w->shared = ssh_event_new();
        w->live = calloc(g_n + 1, sizeof *w->live);
    }
    for (;;) {
        while (!exhausted && w->active < g_conc / g_threads) {
            long i = n_next++;
            if (i >= g_n) {
                exhausted = 1;
                break;
            }
            struct dev *d = calloc(1, sizeof *d);
            d->i = i;
            d->w = w;
            d->ep = w->ep;
            if (dial(d)) {
                n_bad++;
                free(d);
                continue;
            }
            d->st = CONNECTING;
            rearm(d);
            w->active++;
            if (w->shared)
                w->live[w->nlive++] = d;
        }
        if (exhausted && w->active == 0)
            break;
        if (g_hold && n_hold + n_bad >= g_n)
            pause();
        if (w->shared) {                           // one ssh_event for every session of the thread: O(n) poll(2)
            int n = epoll_wait(w->ep, ev, 512, 0); // only used for TCP connect + kex start
            for (int i = 0; i < n; i++) {
                struct dev *d = ev[i].data.ptr;
                if (d->st <= KEX) {
                    advance(d);
                    rearm(d);
                    if (d->st > KEX)
                        epoll_ctl(w->ep, EPOLL_CTL_DEL, d->fd, NULL);
                }
            }
            ssh_event_dopoll(w->shared, 1);
            n_ev++;
            for (int i = 0; i < w->nlive; i++) {
                struct dev *d = w->live[i];
                if (d->st > KEX)
                    advance(d);
                if (d->st == DONE || d->fail) {
                    finish(d);
                    w->live[i--] = w->live[--w->nlive];
                    w->active--;
                }
            }
            continue;
        }
        int n = epoll_wait(w->ep, ev, 512, g_hold ? 200 : 5000);
        for (int i = 0; i < n; i++) {
            struct dev *d = ev[i].data.ptr;
            n_ev++;
            if (d->st == HOLD)
                continue;
            advance(d);
            if (d->st == DONE || d->fail) {
                finish(d);
                w->active--;
            } else
                rearm(d);
        }
    }
    return NULL;
}
static long rss_kb(void) {
    FILE *f = fopen("/proc/self/smaps_rollup", "r");
    char l[256];
    long p = 0, v;
    if (!f)
        return 0;
    while (fgets(l, sizeof l, f))
        if (sscanf(l, "Rss: %ld", &v) == 1)
            p = v;
    fclose(f);
    return p;
}
int main(int ac, char **av) {
    int o;
    while ((o = getopt(ac, av, "m:p:n:t:c:i:K:H:C:M:hA:S:g:k:rB:u:w:FNR:")) != -1)
        switch (o) {
        case 'm':
            g_mode = optarg;
            break;
        case 'p':
            g_port = atoi(optarg);
            break;
        case 'n':
            g_n = atoi(optarg);
            break;
        case 't':
            g_threads = atoi(optarg);
            break;
        case 'c':
            g_conc = atoi(optarg);
            break;
        case 'i':
            g_key = optarg;
            break;
        case 'K':
            g_kex = optarg;
            break;
        case 'H':
            g_hk = optarg;
            break;
        case 'C':
            g_cipher = optarg;
            break;
        case 'M':
            g_mac = optarg;
            break;
        case 'h':
            g_hold = 1;
            break;
        case 'A':
            mallopt(M_ARENA_MAX, atoi(optarg));
            break;
        case 'S':
            g_stack = atoi(optarg);
            break;
        case 'g':
            g_host = optarg;
            break;
        case 'k':
            g_kh = optarg;
            break;
        case 'r':
            g_cb = 0;
            break;
        case 'B':
            g_big = atol(optarg);
            break;
        case 'u':
            g_user = optarg;
            break;
        case 'w':
            g_pass = optarg;
            break;
        case 'F':
            g_cfgparse = 1;
            break;
        case 'N':
            g_none = 1;
            break;
        case 'R':
            g_rekey = strtoull(optarg, NULL, 10);
            break;
        }
    signal(SIGPIPE, SIG_IGN);
    struct rlimit rl;
    getrlimit(RLIMIT_NOFILE, &rl);
    rl.rlim_cur = rl.rlim_max;
    setrlimit(RLIMIT_NOFILE, &rl);
    ssh_init();
    if (getenv("DBG"))
        ssh_set_log_level(atoi(getenv("DBG")));
    mkreq();
    (void)g_bare;
    (void)g_own_fd;
    if (g_key && ssh_pki_import_privkey_file(g_key, NULL, NULL, NULL, &g_pk)) {
        fprintf(stderr, "key\n");
        return 1;
    }
    long rss0 = rss_kb();
    double t0 = now();
    pthread_t *t = calloc(g_threads, sizeof *t);
    pthread_attr_t at;
    pthread_attr_init(&at);
    if (g_stack)
        pthread_attr_setstacksize(&at, g_stack * 1024);
    int react = !strcmp(g_mode, "ep") || !strcmp(g_mode, "event");
    if (!strcmp(g_mode, "seq"))
        for (int i = 0; i < g_n; i++)
            one_blocking(i, NULL);
    else
        for (int i = 0; i < g_threads; i++) {
            struct worker *w = calloc(1, sizeof *w);
            pthread_create(&t[i], &at, react ? reactor : thr, react ? (void *)w : NULL);
        }
    double tl = 0;
    if (g_hold) {
        while (n_hold + n_bad < g_n)
            usleep(20000);
        tl = now() - t0;
        usleep(300000);
    } else if (strcmp(g_mode, "seq"))
        for (int i = 0; i < g_threads; i++)
            pthread_join(t[i], NULL);
    double wall = now() - t0;
    struct rusage r;
    getrusage(RUSAGE_SELF, &r);
    double u = r.ru_utime.tv_sec + r.ru_utime.tv_usec / 1e6, sy = r.ru_stime.tv_sec + r.ru_stime.tv_usec / 1e6;
    long rss1 = rss_kb();
    printf("{\"mode\":\"%s\",\"n\":%d,\"threads\":%d,\"conc\":%d,\"ok\":%ld,\"bad\":%ld,\"hold\":%ld,\"wall\":%.3f,"
           "\"user\":%.3f,\"sys\":%.3f,\"cpu_ms_dev\":%.3f,\"rss0_kb\":%ld,\"rss1_kb\":%ld,\"kb_sess\":%.1f,\"ev\":%ld,"
           "\"polls\":%ld,\"maxrss\":%ld,\"t_hold\":%.2f,\"vcsw\":%ld,\"icsw\":%ld}\n",
           g_mode, g_n, g_threads, g_conc, n_ok, n_bad, n_hold, wall, u, sy, (u + sy) * 1000 / g_n, rss0, rss1,
           (double)(rss1 - rss0) / g_n, n_ev, n_polls, r.ru_maxrss, tl, r.ru_nvcsw, r.ru_nivcsw);
    fflush(stdout);
    if (g_hold) {
        pause();
    }
    _exit(n_bad ? 2 : 0);
}

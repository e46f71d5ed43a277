// Raw libssh CLI transaction (blocking): shell + prompt matching, same steps as netmiko/scrapli.
#define _GNU_SOURCE
#include <libssh/libssh.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
static int port, n;
static atomic_int nx, ok;
static int until(ssh_channel c, const char *p) {
    char b[16384];
    size_t k = 0;
    for (;;) {
        int r = ssh_channel_read(c, b + k, sizeof b - k - 1, 0);
        if (r <= 0)
            return -1;
        k += r;
        b[k] = 0;
        size_t pl = strlen(p);
        if (k >= pl && !memcmp(b + k - pl, p, pl))
            return 0;
        if (k > 12000)
            k = 0;
    }
}
static int one(int i) {
    ssh_session s = ssh_new();
    char h[64];
    snprintf(h, 64, "127.0.%d.%d", (i / 250) % 250, i % 250 + 1);
    bool no = false;
    int o = 1;
    long to = 60;
    ssh_options_set(s, SSH_OPTIONS_PROCESS_CONFIG, &no);
    ssh_options_set(s, SSH_OPTIONS_HOST, h);
    ssh_options_set(s, SSH_OPTIONS_PORT, &port);
    ssh_options_set(s, SSH_OPTIONS_USER, "admin");
    ssh_options_set(s, SSH_OPTIONS_NODELAY, &o);
    ssh_options_set(s, SSH_OPTIONS_TIMEOUT, &to);
    ssh_options_set(s, SSH_OPTIONS_KNOWNHOSTS, "/dev/null");
    ssh_options_set(s, SSH_OPTIONS_GLOBAL_KNOWNHOSTS, "/dev/null");
    int rc = -1;
    if (ssh_connect(s) || ssh_userauth_password(s, NULL, "admin"))
        goto out;
    ssh_channel c = ssh_channel_new(s);
    if (ssh_channel_open_session(c) || ssh_channel_request_pty_size(c, "vt100", 511, 24) ||
        ssh_channel_request_shell(c))
        goto out;
    const char *l[] = {"terminal width 511\n",
                       "terminal length 0\n",
                       "configure terminal\n",
                       "interface GigabitEthernet0/1\n",
                       "description set by test\n",
                       "mtu 9000\n",
                       "end\n",
                       "show version\n"};
    const char *p[] = {"r1#", "r1#", "r1(config)#", "r1(config)#", "r1(config)#", "r1(config)#", "r1#", "r1#"};
    if (until(c, "r1#"))
        goto out;
    for (int k = 0; k < 8; k++) {
        ssh_channel_write(c, l[k], strlen(l[k]));
        if (until(c, p[k]))
            goto out;
    }
    ssh_channel_write(c, "exit\n", 5);
    rc = 0;
    ssh_channel_close(c);
    ssh_channel_free(c);
out:
    if (rc)
        fprintf(stderr, "%s\n", ssh_get_error(s));
    ssh_disconnect(s);
    ssh_free(s);
    return rc;
}
static void *t(void *a) {
    (void)a;
    for (int i; (i = nx++) < n;)
        if (!one(i))
            ok++;
    return NULL;
}
int main(int ac, char **av) {
    (void)ac;
    port = atoi(av[1]);
    n = atoi(av[2]);
    int w = atoi(av[3]);
    pthread_t th[1024];
    for (int i = 0; i < w; i++)
        pthread_create(&th[i], NULL, t, NULL);
    for (int i = 0; i < w; i++)
        pthread_join(th[i], NULL);
    printf("cli ok=%d/%d\n", ok, n);
    return ok != n;
}

/* A NETCONF server on libnetconf2 and libyang, the libraries that netopeer2 is made of: SSH, hello, framing, the checks of
 * messages are theirs; here are only the datastores and get-schema. Test equipment.
 *
 *   netconf2-server PORT HOST_KEY AUTHORIZED_KEY USER YANG_FOLDER
 *
 * Prints "listening" and serves until it is ended. SIGUSR1 ends all sessions, as a restart of the management plane does. Modules: ietf-interfaces, iana-if-type, ietf-system. Datastores: running
 * and candidate, writable running, confirmed commits with tokens, validate, startup, XPath, as netopeer2 has them.
 *
 *   cc netconf2-server.c -lnetconf2 -lyang -lssh
 */
#define NC_ENABLED_SSH
#include <libyang/libyang.h>
#include <nc_server.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { RUNNING, CANDIDATE, STARTUP, STORES };
static const char *const names[] = {"running", "candidate", "startup"};

static struct ly_ctx *ctx;
static struct lyd_node *stores[STORES];
static uint32_t locks[STORES];
static const char *host_key;

static volatile sig_atomic_t drops_sessions;

static void
drop_sessions(int number)
{
    (void)number;
    drops_sessions = 1;
}

/* A confirmed commit that waits for its confirmation. */
static struct {
    int is_pending;
    struct lyd_node *before;
    time_t until;
    uint32_t session;
    char *persist;
} pending;

/* ---- errors ---- */

static struct nc_server_reply *
fail(NC_ERR tag, const char *message)
{
    struct lyd_node *error = NULL;

    switch (tag) {
    case NC_ERR_LOCK_DENIED:
        error = nc_err(ctx, tag, 0);
        break;
    case NC_ERR_INVALID_VALUE:
    case NC_ERR_IN_USE:
    case NC_ERR_ACCESS_DENIED:
    case NC_ERR_OP_NOT_SUPPORTED:
        error = nc_err(ctx, tag, NC_ERR_TYPE_PROT);
        break;
    case NC_ERR_UNKNOWN_ELEM:
    case NC_ERR_MISSING_ELEM:
        error = nc_err(ctx, tag, NC_ERR_TYPE_APP, message);
        break;
    case NC_ERR_DATA_EXISTS:
    case NC_ERR_DATA_MISSING:
        error = nc_err(ctx, tag);
        break;
    default:
        error = nc_err(ctx, NC_ERR_OP_FAILED, NC_ERR_TYPE_APP);
    }
    nc_err_set_msg(error, message, "en");
    return nc_server_reply_err(error);
}

static struct nc_server_reply *
fail_locked(uint32_t holder, const char *message)
{
    struct lyd_node *error = nc_err(ctx, NC_ERR_LOCK_DENIED, holder);

    nc_err_set_msg(error, message, "en");
    return nc_server_reply_err(error);
}

/* ---- trees ---- */

static struct lyd_node *
copy(const struct lyd_node *tree)
{
    struct lyd_node *result = NULL;

    if (tree) {
        lyd_dup_siblings(tree, NULL, LYD_DUP_RECURSIVE | LYD_DUP_WITH_FLAGS, &result);
    }
    return result;
}

static void
store(int which, struct lyd_node *tree)
{
    lyd_free_all(stores[which]);
    stores[which] = tree;
}

static int
differ(const struct lyd_node *a, const struct lyd_node *b)
{
    char *left = NULL, *right = NULL;
    int result;

    lyd_print_mem(&left, a, LYD_XML, LYD_PRINT_WITHSIBLINGS | LYD_PRINT_SHRINK | LYD_PRINT_WD_EXPLICIT);
    lyd_print_mem(&right, b, LYD_XML, LYD_PRINT_WITHSIBLINGS | LYD_PRINT_SHRINK | LYD_PRINT_WD_EXPLICIT);
    result = strcmp(left ? left : "", right ? right : "");
    free(left);
    free(right);
    return result;
}

static struct lyd_node *
input(struct lyd_node *rpc, const char *name)
{
    struct lyd_node *node;

    LY_LIST_FOR(lyd_child(rpc), node) {
        if (!strcmp(LYD_NAME(node), name)) {
            return node;
        }
    }
    return NULL;
}

static const char *
text(struct lyd_node *rpc, const char *name)
{
    struct lyd_node *node = input(rpc, name);

    return node ? lyd_get_value(node) : NULL;
}

/* The datastore inside `source` or `target`; -1 when it is none of ours. */
static int
datastore(struct lyd_node *rpc, const char *parameter)
{
    struct lyd_node *node = input(rpc, parameter);

    node = node ? lyd_child(node) : NULL;
    for (int i = 0; node && i < STORES; i++) {
        if (!strcmp(LYD_NAME(node), names[i])) {
            return i;
        }
    }
    return -1;
}

static struct lyd_node *
content(struct lyd_node *any)
{
    struct lyd_node_any *node = (struct lyd_node_any *)any;

    return node && node->value_type == LYD_ANYDATA_DATATREE ? node->value.tree : NULL;
}

/* ---- edit-config ---- */

static const char *
operation(const struct lyd_node *node, const char *inherited)
{
    struct lyd_meta *meta = lyd_find_meta(node->meta, NULL, "ietf-netconf:operation");

    return meta ? lyd_get_meta_value(meta) : inherited;
}

static struct lyd_node *
sibling(struct lyd_node *siblings, const struct lyd_node *like)
{
    struct lyd_node *match = NULL;

    if (like->schema->nodetype == LYS_LEAFLIST || like->schema->nodetype == LYS_LIST) {
        lyd_find_sibling_first(siblings, like, &match);
    } else {
        lyd_find_sibling_val(siblings, like->schema, NULL, 0, &match);
    }
    return match;
}

static void
attach(struct lyd_node **root, struct lyd_node *parent, struct lyd_node *node)
{
    struct lyd_meta *meta, *next;

    for (meta = node->meta; meta; meta = next) {
        next = meta->next;
        lyd_free_meta_single(meta);
    }
    if (parent) {
        lyd_insert_child(parent, node);
    } else {
        lyd_insert_sibling(*root, node, root);
    }
}

static struct nc_server_reply *
edit(struct lyd_node **root, struct lyd_node *parent, struct lyd_node *change, const char *inherited)
{
    struct nc_server_reply *problem;

    for (; change; change = change->next) {
        const char *op;
        struct lyd_node *old, *node = NULL, *inner;

        if (!change->schema) {
            return fail(NC_ERR_UNKNOWN_ELEM, LYD_NAME(change));
        }
        if (lysc_is_key(change->schema)) {
            continue;
        }
        op = operation(change, inherited);
        old = sibling(parent ? lyd_child(parent) : *root, change);
        if (!strcmp(op, "create") && old) {
            return fail(NC_ERR_DATA_EXISTS, "the node exists already");
        }
        if (!strcmp(op, "delete") && !old) {
            return fail(NC_ERR_DATA_MISSING, "the node to delete does not exist");
        }
        if (!strcmp(op, "none") && !old) {
            return fail(NC_ERR_DATA_MISSING, "the node does not exist");
        }
        if (!strcmp(op, "delete") || !strcmp(op, "remove")) {
            if (old && old == *root) {
                *root = old->next;
            }
            if (old) {
                lyd_free_tree(old);
            }
            continue;
        }
        if (!strcmp(op, "replace") && old) {
            if (old == *root) {
                *root = old->next;
            }
            lyd_free_tree(old);
            old = NULL;
        }
        if (change->schema->nodetype & LYD_NODE_TERM) {
            if (old && change->schema->nodetype == LYS_LEAF) {
                lyd_change_term(old, lyd_get_value(change));
            } else if (!old) {
                lyd_dup_single(change, NULL, 0, &node);
                attach(root, parent, node);
            }
            continue;
        }
        if (!old) {
            lyd_dup_single(change, NULL, 0, &node);
            if (change->schema->nodetype == LYS_LIST) {
                LY_LIST_FOR(lyd_child(change), inner) {
                    struct lyd_node *key = NULL;

                    if (inner->schema && lysc_is_key(inner->schema) && !sibling(lyd_child(node), inner)) {
                        lyd_dup_single(inner, (struct lyd_node_inner *)node, 0, &key);
                    }
                }
            }
            attach(root, parent, node);
            old = node;
        }
        if ((problem = edit(root, old, lyd_child(change), op))) {
            return problem;
        }
    }
    return NULL;
}

static struct nc_server_reply *
validated(struct lyd_node **tree)
{
    if (lyd_validate_all(tree, ctx, LYD_VALIDATE_NO_STATE | LYD_VALIDATE_PRESENT, NULL)) {
        return fail(NC_ERR_OP_FAILED, ly_errmsg(ctx));
    }
    return NULL;
}

/* ---- filters ---- */

static const char *
value(const struct lyd_node *node)
{
    return node->schema ? lyd_get_value(node) : ((struct lyd_node_opaq *)node)->value;
}

static int
is_blank(const char *words)
{
    return !words || !words[strspn(words, " \t\r\n")];
}

/* What of one node a filter element selects, as a new tree; NULL for nothing. */
static struct lyd_node *
selected(const struct lyd_node *node, const struct lyd_node *filter)
{
    struct lyd_node *result = NULL, *part;
    const struct lyd_node *child, *wanted;
    int containment = 0;

    if (strcmp(LYD_NAME(node), LYD_NAME(filter))) {
        return NULL;
    }
    if (!lyd_child(filter)) {
        if (is_blank(value(filter)) || !strcmp(value(filter), lyd_get_value(node))) {
            lyd_dup_single(node, NULL, LYD_DUP_RECURSIVE | LYD_DUP_WITH_FLAGS, &result);
        }
        return result;
    }
    LY_LIST_FOR(lyd_child(filter), wanted) {
        int matches = 0;

        if (lyd_child(wanted) || is_blank(value(wanted))) {
            containment = 1;
            continue;
        }
        LY_LIST_FOR(lyd_child(node), child) {
            matches |= !strcmp(LYD_NAME(child), LYD_NAME(wanted)) && !strcmp(value(wanted), lyd_get_value(child));
        }
        if (!matches) {
            return NULL;
        }
    }
    if (!containment) {
        lyd_dup_single(node, NULL, LYD_DUP_RECURSIVE | LYD_DUP_WITH_FLAGS, &result);
        return result;
    }
    lyd_dup_single(node, NULL, LYD_DUP_WITH_FLAGS, &result);
    LY_LIST_FOR(lyd_child(filter), wanted) {
        LY_LIST_FOR(lyd_child(node), child) {
            if ((part = selected(child, wanted))) {
                if (lysc_is_key(child->schema) && sibling(lyd_child(result), child)) {
                    lyd_free_tree(part);
                } else {
                    lyd_insert_child(result, part);
                }
            }
        }
    }
    return result;
}

static struct nc_server_reply *
reply_with(struct lyd_node *rpc, struct lyd_node *tree)
{
    struct lyd_node *output = NULL, *filter = input(rpc, "filter"), *result = NULL, *node, *part;
    struct lyd_meta *meta;

    if (filter && (meta = lyd_find_meta(filter->meta, NULL, "ietf-netconf:type")) &&
            !strcmp(lyd_get_meta_value(meta), "xpath")) {
        struct ly_set *set = NULL;
        const char *select = NULL;

        if ((meta = lyd_find_meta(filter->meta, NULL, "ietf-netconf:select"))) {
            select = lyd_get_meta_value(meta);
        }
        if (!select || (tree && lyd_find_xpath(tree, select, &set))) {
            lyd_free_all(tree);
            return fail(NC_ERR_INVALID_VALUE, select ? ly_errmsg(ctx) : "the filter has no select");
        }
        for (uint32_t i = 0; set && i < set->count; i++) {
            part = NULL;
            lyd_dup_single(set->dnodes[i], NULL, LYD_DUP_RECURSIVE | LYD_DUP_WITH_PARENTS | LYD_DUP_WITH_FLAGS, &part);
            while (part && part->parent) {
                part = lyd_parent(part);
            }
            lyd_merge_tree(&result, part, LYD_MERGE_DESTRUCT);
        }
        ly_set_free(set, NULL);
        lyd_free_all(tree);
    } else if (filter) {
        LY_LIST_FOR(tree, node) {
            struct lyd_node *wanted;

            LY_LIST_FOR(content(filter), wanted) {
                if ((part = selected(node, wanted))) {
                    lyd_merge_tree(&result, part, LYD_MERGE_DESTRUCT);
                }
            }
        }
        lyd_free_all(tree);
    } else {
        result = tree;
    }
    lyd_dup_single(rpc, NULL, 0, &output);
    if (lyd_new_any(output, NULL, "data", result, 1, LYD_ANYDATA_DATATREE, 1, NULL)) {
        lyd_free_all(result);
        lyd_free_all(output);
        return fail(NC_ERR_OP_FAILED, ly_errmsg(ctx));
    }
    return nc_server_reply_data(output, NC_WD_EXPLICIT, NC_PARAMTYPE_FREE);
}

/* ---- confirmed commit ---- */

static void
forget_pending(void)
{
    lyd_free_all(pending.before);
    free(pending.persist);
    memset(&pending, 0, sizeof pending);
}

static void
take_back(void)
{
    store(RUNNING, copy(pending.before));
    store(CANDIDATE, copy(pending.before));
    forget_pending();
}

/* Whether this session may go on with what is pending. */
static struct nc_server_reply *
owner(struct lyd_node *rpc, uint32_t session)
{
    const char *token = text(rpc, "persist-id");

    if (!pending.is_pending) {
        return token ? fail(NC_ERR_INVALID_VALUE, "no pending confirmed commit") : NULL;
    }
    if (pending.persist) {
        return token && !strcmp(token, pending.persist) ? NULL
                : fail(NC_ERR_INVALID_VALUE, "commit persist-id does not match");
    }
    return pending.session == session ? NULL : fail(NC_ERR_OP_FAILED, "pending confirmed commit session does not match");
}

static struct nc_server_reply *
commit(struct lyd_node *rpc, uint32_t session)
{
    struct nc_server_reply *problem;
    struct lyd_node *next;
    const char *seconds = text(rpc, "confirm-timeout"), *persist = text(rpc, "persist");

    if ((locks[RUNNING] && locks[RUNNING] != session) || (locks[CANDIDATE] && locks[CANDIDATE] != session)) {
        return fail(NC_ERR_IN_USE, "a datastore is locked by another session");
    }
    if ((problem = owner(rpc, session))) {
        return problem;
    }
    next = copy(stores[CANDIDATE]);
    if ((problem = validated(&next))) {
        lyd_free_all(next);
        return problem;
    }
    if (input(rpc, "confirmed")) {
        if (!pending.is_pending) {
            pending.before = copy(stores[RUNNING]);
        }
        pending.is_pending = 1;
        pending.session = session;
        pending.until = time(NULL) + (seconds ? atoi(seconds) : 600);
        free(pending.persist);
        pending.persist = persist ? strdup(persist) : NULL;
    } else {
        forget_pending();
    }
    store(RUNNING, next);
    store(CANDIDATE, copy(next));
    return nc_server_reply_ok();
}

/* ---- requests ---- */

static struct nc_server_reply *
lock(int which, uint32_t session)
{
    if (which < 0) {
        return fail(NC_ERR_INVALID_VALUE, "there is no such datastore");
    }
    if (locks[which]) {
        return fail_locked(locks[which], "the datastore is locked");
    }
    if (which == CANDIDATE && differ(stores[CANDIDATE], stores[RUNNING])) {
        return fail_locked(0, "the candidate is modified");
    }
    if (which == RUNNING && pending.is_pending && pending.session != session) {
        return fail_locked(pending.session, "a confirmed commit is pending");
    }
    locks[which] = session;
    return nc_server_reply_ok();
}

static struct nc_server_reply *
unlock(int which, uint32_t session)
{
    if (which < 0 || !locks[which]) {
        return fail(NC_ERR_OP_FAILED, "the datastore is not locked");
    }
    if (locks[which] != session) {
        return fail_locked(locks[which], "another session holds the lock");
    }
    locks[which] = 0;
    if (which == CANDIDATE) {
        store(CANDIDATE, copy(stores[RUNNING]));
    }
    return nc_server_reply_ok();
}

static struct nc_server_reply *
edit_config(struct lyd_node *rpc, uint32_t session)
{
    struct nc_server_reply *problem;
    const char *mode = text(rpc, "default-operation"), *test = text(rpc, "test-option");
    struct lyd_node *next;
    int target = datastore(rpc, "target");

    if (target != RUNNING && target != CANDIDATE) {
        return fail(NC_ERR_INVALID_VALUE, "this datastore cannot be edited");
    }
    if (locks[target] && locks[target] != session) {
        return fail(NC_ERR_IN_USE, "the datastore is locked by another session");
    }
    next = copy(stores[target]);
    problem = edit(&next, NULL, content(input(rpc, "config")), mode ? mode : "merge");
    if (!problem && (target == RUNNING || !test || strcmp(test, "set"))) {
        problem = validated(&next);
    }
    if (problem || (test && !strcmp(test, "test-only"))) {
        lyd_free_all(next);
        return problem ? problem : nc_server_reply_ok();
    }
    store(target, next);
    if (target == RUNNING) {
        store(CANDIDATE, copy(next));
    }
    return nc_server_reply_ok();
}

/* Not the library's own: 2.0.24 answers the second request for a schema from memory that it has freed. */
static struct nc_server_reply *
get_schema(struct lyd_node *rpc)
{
    const char *version = text(rpc, "version"), *name = text(rpc, "identifier");
    const struct lys_module *module = NULL;
    struct lyd_node *output = NULL;
    char *words = NULL;

    if (name && version && *version) {
        module = ly_ctx_get_module(ctx, name, version);
    } else if (name) {
        module = ly_ctx_get_module_latest(ctx, name);
    }
    if (!module || lys_print_mem(&words, module, LYS_OUT_YANG, 0)) {
        return fail(NC_ERR_INVALID_VALUE, "the requested schema was not found");
    }
    lyd_dup_single(rpc, NULL, 0, &output);
    lyd_new_any(output, NULL, "data", words, 0, LYD_ANYDATA_STRING, 1, NULL);
    free(words);
    return nc_server_reply_data(output, NC_WD_EXPLICIT, NC_PARAMTYPE_FREE);
}

static struct nc_server_reply *
answer(struct lyd_node *rpc, struct nc_session *who)
{
    const char *name = LYD_NAME(rpc);
    uint32_t session = nc_session_get_id(who);
    struct nc_server_reply *problem;
    int which;

    if (!strcmp(name, "get-config")) {
        which = datastore(rpc, "source");
        return which < 0 ? fail(NC_ERR_INVALID_VALUE, "there is no such datastore") : reply_with(rpc, copy(stores[which]));
    }
    if (!strcmp(name, "get")) {
        struct lyd_node *library = NULL, *all = copy(stores[RUNNING]);

        ly_ctx_get_yanglib_data(ctx, &library, "%u", ly_ctx_get_change_count(ctx));
        lyd_insert_sibling(all, library, &all);
        return reply_with(rpc, all);
    }
    if (!strcmp(name, "edit-config")) {
        return edit_config(rpc, session);
    }
    if (!strcmp(name, "copy-config")) {
        int target = datastore(rpc, "target"), source = datastore(rpc, "source");

        if (target < 0 || source < 0 || target == source) {
            return fail(NC_ERR_INVALID_VALUE, "these datastores cannot be copied");
        }
        store(target, copy(stores[source]));
        return nc_server_reply_ok();
    }
    if (!strcmp(name, "lock")) {
        return lock(datastore(rpc, "target"), session);
    }
    if (!strcmp(name, "unlock")) {
        return unlock(datastore(rpc, "target"), session);
    }
    if (!strcmp(name, "commit")) {
        return commit(rpc, session);
    }
    if (!strcmp(name, "cancel-commit")) {
        if (!pending.is_pending) {
            return fail(NC_ERR_INVALID_VALUE, "no pending confirmed commit");
        }
        if ((problem = owner(rpc, session))) {
            return problem;
        }
        take_back();
        return nc_server_reply_ok();
    }
    if (!strcmp(name, "discard-changes")) {
        if (locks[CANDIDATE] && locks[CANDIDATE] != session) {
            return fail(NC_ERR_IN_USE, "the candidate is locked by another session");
        }
        store(CANDIDATE, copy(stores[RUNNING]));
        return nc_server_reply_ok();
    }
    if (!strcmp(name, "validate")) {
        struct lyd_node *tree;

        which = datastore(rpc, "source");
        tree = which < 0 ? NULL : copy(stores[which]);
        problem = which < 0 ? fail(NC_ERR_INVALID_VALUE, "there is no such datastore") : validated(&tree);
        lyd_free_all(tree);
        return problem ? problem : nc_server_reply_ok();
    }
    if (!strcmp(name, "get-schema")) {
        return get_schema(rpc);
    }
    return fail(NC_ERR_OP_NOT_SUPPORTED, "this operation is not known here");
}

/* ---- start ---- */

static void
ended(struct nc_session *who)
{
    uint32_t session = nc_session_get_id(who);

    if (pending.is_pending && !pending.persist && pending.session == session) {
        take_back();
    }
    for (int i = 0; i < STORES; i++) {
        if (locks[i] == session) {
            locks[i] = 0;
            if (i == CANDIDATE) {
                store(CANDIDATE, copy(stores[RUNNING]));
            }
        }
    }
}

static int
give_host_key(const char *name, void *data, char **path, char **key, NC_SSH_KEY_TYPE *type)
{
    (void)name, (void)data, (void)type;
    *path = strdup(host_key);
    *key = NULL;
    return 0;
}

static void
load(const char *name, const char **features)
{
    if (!ly_ctx_load_module(ctx, name, NULL, features)) {
        fprintf(stderr, "cannot load %s: %s\n", name, ly_errmsg(ctx));
        exit(1);
    }
}

int
main(int argc, char **argv)
{
    static const char *protocol[] = {"writable-running", "candidate", "confirmed-commit", "rollback-on-error", "validate",
                                     "startup", "xpath", NULL};
    struct nc_pollsession *poll;

    if (argc != 6) {
        fprintf(stderr, "usage: netconf2-server PORT HOST_KEY AUTHORIZED_KEY USER YANG_FOLDER\n");
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    signal(SIGUSR1, drop_sessions);
    host_key = argv[2];
    if (ly_ctx_new(argv[5], 0, &ctx)) {
        return 1;
    }
    load("ietf-netconf", protocol);
    load("ietf-netconf-monitoring", NULL);
    load("ietf-netconf-with-defaults", NULL);
    load("ietf-interfaces", NULL);
    load("iana-if-type", NULL);
    load("ietf-system", NULL);
    nc_set_global_rpc_clb(answer);
    ((struct lysc_node *)lys_find_path(ctx, NULL, "/ietf-netconf-monitoring:get-schema", 0))->priv = answer;
    if (nc_server_init(ctx)) {
        return 1;
    }
    nc_server_set_capab_withdefaults(NC_WD_EXPLICIT, NC_WD_ALL | NC_WD_TRIM | NC_WD_EXPLICIT);
    nc_server_ssh_set_hostkey_clb(give_host_key, NULL, NULL);
    if (nc_server_add_endpt("main", NC_TI_LIBSSH) || nc_server_endpt_set_address("main", "127.0.0.1") ||
            nc_server_endpt_set_port("main", (uint16_t)atoi(argv[1])) ||
            nc_server_ssh_endpt_add_hostkey("main", "key", -1) || nc_server_ssh_add_authkey_path(argv[3], argv[4])) {
        fprintf(stderr, "cannot listen\n");
        return 1;
    }
    poll = nc_ps_new();
    printf("listening\n");
    fflush(stdout);
    while (1) {
        struct nc_session *session = NULL;
        int result;

        if (nc_accept(10, &session) == NC_MSG_HELLO) {
            nc_ps_add_session(poll, session);
        }
        if (pending.is_pending && time(NULL) >= pending.until) {
            take_back();
        }
        while (drops_sessions && nc_ps_session_count(poll)) {
            session = nc_ps_get_session(poll, 0);
            nc_ps_del_session(poll, session);
            ended(session);
            nc_session_free(session, NULL);
        }
        drops_sessions = 0;
        session = NULL;
        result = nc_ps_poll(poll, 10, &session);
        if (result & NC_PSPOLL_SSH_CHANNEL) {
            struct nc_session *more = NULL;

            if (nc_ps_accept_ssh_channel(poll, &more) == NC_MSG_HELLO) {
                nc_ps_add_session(poll, more);
            }
        }
        if ((result & NC_PSPOLL_SESSION_TERM) && session) {
            nc_ps_del_session(poll, session);
            ended(session);
            nc_session_free(session, NULL);
        }
    }
}

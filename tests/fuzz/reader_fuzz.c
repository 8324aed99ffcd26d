/* Hostile datagrams against the native reader, under AddressSanitizer and UBSan: reader_fuzz DATAGRAMS SEED.
 *
 * True ones (STUN, SRTCP, DTLS, SRTP), the same damaged, cut and lengthened, signed and sealed nonsense, anything of every
 * length; between them peers come, move, change their names and go. Each datagram lies in a block of exactly its size, so
 * that a byte read beyond its end is found. Built and run by tests/fuzz/native.py; includes the reader's own files. */
#include "reader.c"
#include "rtcp.c"
#undef MAX_ENTRIES
#include "srtcp.c"
#undef HEADER
#include "stun.c"

#include <arpa/inet.h>
#include <stdio.h>
#include <unistd.h>

#define PEERS 12
#define LONGEST 1500

static uint64_t state;

static uint32_t dice(uint32_t sides) { /* xorshift64* */
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return (uint32_t)((state * 0x2545F4914F6CDD1DULL >> 32) % sides);
}

static void random_bytes(uint8_t *at, size_t size) {
    for (size_t i = 0; i < size; i++) at[i] = (uint8_t)dice(256);
}

typedef struct {
    read_peer *peer;
    fan_line *line; /* half of them are measured */
    uint8_t key[16], salt[12], host[16];
    size_t host_size;
    uint16_t port;
    uint32_t index;
} actor_t;

static actor_t actors[PEERS];
static const uint8_t PASSWORD[] = "a-password-of-22-chars";
static uint8_t names[PEERS][8];

static void fail(const char *what) {
    fprintf(stderr, "reader_fuzz: %s\n", what);
    abort();
}

static void place(reader *reader, actor_t *actor) {
    (void)reader;
    actor->host_size = dice(2) ? 4 : 16;
    memset(actor->host, 0, sizeof actor->host);
    if (actor->host_size == 16 && dice(2)) actor->host[10] = actor->host[11] = 0xFF;
    actor->host[actor->host_size - 1] = (uint8_t)(1 + dice(8));
    if (actor->host_size == 4) actor->host[0] = 127;
    actor->port = (uint16_t)(9 + dice(4));
    if (read_peer_at(actor->peer, actor->host, dice(20) ? actor->host_size : 0, actor->port, 0)) fail("a place was refused");
}

static void come(reader *reader, int number) {
    actor_t *actor = &actors[number];
    actor->peer = read_peer_new(reader, (uint64_t)number + 1);
    random_bytes(actor->key, sizeof actor->key);
    random_bytes(actor->salt, sizeof actor->salt);
    actor->index = 0;
    if (!actor->peer || (dice(8) && read_peer_keys(actor->peer, actor->key, actor->salt))) fail("no memory");
    snprintf((char *)names[number], sizeof names[number], "name%03d", number);
    read_peer_name(actor->peer, names[number], 7, PASSWORD, sizeof PASSWORD - 1);
    fan_line_free(actor->line);
    actor->line = dice(2) ? fan_line_new() : NULL;
    read_peer_line(actor->peer, actor->line);
    place(reader, actor);
}

/* Packets leave, some of them as a probe; what was told of them adds up. */
static void depart(actor_t *actor, int64_t now) {
    fan_told told;
    if (!actor->line) return;
    if (!dice(10)) fan_line_mark(actor->line, (uint8_t)dice(3));
    for (unsigned packets = dice(30); packets; packets--)
        fan_line_depart(actor->line, dice(1600), (uint64_t)now * 1000 + dice(1000), dice(4));
    fan_line_told(actor->line, &told);
    if (told.came + told.lost > told.departed || told.signal > 2) fail("more was told of than left");
}

static void look(actor_t *actor) {
    if (read_peer_rest(actor->peer) != (actor->line ? 0 : -1)) fail("whose line is measured may rest, and nobody else");
    read_news *news = read_peer_news(actor->peer);
    if (news->reports > READ_REPORTS || news->estimates > READ_ESTIMATES) fail("news beyond their bounds");
    for (uint32_t i = 0; i < news->estimates; i++)
        if (news->estimate[i].bits > (uint64_t)1 << 40) fail("an estimate beyond the most");
    read_news_clear(news);
    read_life life;
    read_peer_life(actor->peer, &life);
}

/* -- datagrams ------------------------------------------------------------------------------------------------------- */

static size_t a_part(uint8_t *out, size_t room) {
    static const uint8_t kinds[] = {200, 201, 201, 202, 203, 204, 205, 205, 206, 206, 206, 207};
    uint8_t kind = kinds[dice(sizeof kinds)];
    unsigned count = dice(3) ? (const unsigned[]){0, 1, 4, 15, 31}[dice(5)] : dice(32);
    size_t words = dice(4) ? dice(20) : dice(340), size = 4 + 4 * words;
    if (size > room) return 0;
    random_bytes(out, size);
    out[0] = (uint8_t)((dice(30) ? 0x80 : dice(256)) | (dice(10) ? 0 : 0x20) | count);
    out[1] = kind;
    if (!dice(20)) words = dice(0x10000);
    put_two(out + 2, (uint32_t)words);
    if (kind == 206 && count == 15 && size >= 16 && dice(4)) memcpy(out + 12, "REMB", 4);
    if (kind == 201 && size >= 12 && dice(2)) put_four(out + 8, dice(40));
    return size;
}

static size_t a_compound(uint8_t *out, size_t room) {
    size_t size = 8;
    uint8_t head[8] = {0x80, 201, 0, 1, 0, 0, 0, (uint8_t)dice(6)};
    memcpy(out, head, sizeof head);
    for (unsigned parts = dice(40) + 1; parts; parts--) size += a_part(out + size, room - size);
    return dice(8) ? size : 8 + dice((uint32_t)size - 7);
}

/* RTCP sealed as its peer would. */
static size_t an_srtcp(actor_t *actor, uint8_t *out) {
    uint8_t plain[LONGEST];
    size_t size = a_compound(plain, LONGEST - 20);
    static const uint32_t steps[] = {1, 1, 1, 1, 2, 63, 64, 65, 127, 128, 129, 200};
    uint32_t index = dice(6) ? actor->index += steps[dice(12)] : dice(300);
    if (!dice(200)) index = 0x7FFFFFFF;
    uint8_t iv[12] = {0, 0, plain[4], plain[5], plain[6], plain[7], 0, 0,
                      (uint8_t)(index >> 24), (uint8_t)(index >> 16), (uint8_t)(index >> 8), (uint8_t)index};
    for (int i = 0; i < 12; i++) iv[i] ^= actor->salt[i];
    int encrypted = dice(10) != 0, length = 0;
    size_t open = encrypted ? 8 : size;
    uint8_t last[4];
    put_four(last, index | (encrypted ? 1u << 31 : 0));
    EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
    memcpy(out, plain, open);
    if (!cipher || EVP_EncryptInit_ex(cipher, EVP_aes_128_gcm(), NULL, actor->key, iv) != 1 ||
        EVP_EncryptUpdate(cipher, NULL, &length, plain, (int)open) != 1 ||
        EVP_EncryptUpdate(cipher, NULL, &length, last, 4) != 1 ||
        (size > open && EVP_EncryptUpdate(cipher, out + open, &length, plain + open, (int)(size - open)) != 1) ||
        EVP_EncryptFinal_ex(cipher, out + size, &length) != 1 ||
        EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_GCM_GET_TAG, 16, out + size) != 1)
        fail("cannot seal");
    EVP_CIPHER_CTX_free(cipher);
    memcpy(out + size + 16, last, 4);
    return size + 20;
}

static size_t an_attribute(uint8_t *out, size_t at, uint16_t name, const uint8_t *value, size_t size) {
    put_two(out + at, name);
    put_two(out + at + 2, (uint32_t)(dice(60) ? size : dice(0x10000)));
    memcpy(out + at + 4, value, size);
    return at + 4 + (size + 3) / 4 * 4;
}

static size_t a_check(int number, uint8_t *out) {
    static const uint16_t known[] = {USERNAME, INTEGRITY, USE_CANDIDATE, FINGERPRINT, ICE_CONTROLLED, 0x24, 0x802A, 0x8022};
    uint8_t value[600];
    memset(out, 0, LONGEST);
    put_two(out, dice(20) ? REQUEST : dice(0x400));
    put_four(out + 4, dice(30) ? COOKIE : dice(0xFFFFFFFF));
    random_bytes(out + 8, dice(4) ? ID : 1);
    size_t at = 20;
    memcpy(value, names[dice(15) ? number : (int)dice(PEERS)], 7);
    memcpy(value + 7, ":theirs", 7);
    if (dice(20)) at = an_attribute(out, at, USERNAME, value, dice(10) ? 14 : dice(600));
    for (unsigned more = dice(4); more; more--) {
        random_bytes(value, sizeof value);
        at = an_attribute(out, at, dice(3) ? known[dice(8)] : (uint16_t)dice(0x10000), value, dice(5) ? dice(24) : 0);
    }
    if (at > 900) at = 900;
    if (dice(20)) {
        uint8_t digest[DIGEST];
        unsigned length = 0;
        put_two(out + 2, (uint32_t)(at - 20 + 24));
        HMAC(EVP_sha1(), PASSWORD, (int)(sizeof PASSWORD - 1), out, at, digest, &length);
        at = an_attribute(out, at, INTEGRITY, digest, dice(8) ? DIGEST : dice(DIGEST));
    }
    if (dice(4)) {
        uint8_t crc[4];
        put_four(crc, fingerprint(out, at, at - 20 + 8));
        at = an_attribute(out, at, FINGERPRINT, crc, 4);
    }
    if (!dice(6)) at = dice(4) ? 20 + dice((uint32_t)(at - 20) / 4 + 1) * 4 : 20 + dice((uint32_t)at - 19); /* cut, and honest about it */
    if (dice(30)) put_two(out + 2, (uint32_t)(at - 20));
    return at;
}

static size_t damage(uint8_t *data, size_t size) {
    for (unsigned times = dice(4); times && size; times--) {
        switch (dice(5)) {
        case 0: data[dice((uint32_t)size)] ^= (uint8_t)(1u << dice(8)); break;
        case 1: data[dice((uint32_t)size)] = (uint8_t)(const unsigned[]){0, 1, 0x7F, 0x80, 0xFF}[dice(5)]; break;
        case 2: size = dice((uint32_t)size + 1); break;
        case 3: {
            size_t more = dice(40);
            if (size + more <= LONGEST) random_bytes(data + size, more), size += more;
            break;
        }
        default: {
            size_t from = dice((uint32_t)size), to = dice((uint32_t)size), room = size - (from > to ? from : to);
            memmove(data + to, data + from, dice((uint32_t)room + 1));
        }
        }
    }
    return size;
}

static size_t a_datagram(int number, uint8_t *out) {
    size_t size;
    switch (dice(10)) {
    case 0:
    case 1:
    case 2: size = an_srtcp(&actors[number], out); break;
    case 3:
    case 4:
    case 5: size = a_check(number, out); break;
    case 6: /* DTLS */
        size = 13 + dice(LONGEST - 13);
        random_bytes(out, size);
        out[0] = (uint8_t)(20 + dice(44));
        out[1] = 0xFE;
        out[2] = 0xFD;
        break;
    case 7: /* SRTP, or SRTCP out of nothing */
        size = 12 + dice(LONGEST - 12);
        random_bytes(out, size);
        out[0] = (uint8_t)(0x80 | dice(64));
        if (dice(2)) out[1] = (uint8_t)(192 + dice(32));
        break;
    default: /* of every length */
        size = dice(LONGEST + 1);
        random_bytes(out, size);
    }
    return dice(3) ? size : damage(out, size);
}

/* -- the campaign ---------------------------------------------------------------------------------------------------- */

static struct {
    uint64_t handed, acts, answered, refused, heard, stirs;
} tally;

static void judge(reader *reader, const read_turn *turn) {
    for (uint32_t i = 0; i < reader->handed; i++) {
        const read_handed *hand = &reader->hand[i];
        if (hand->size > LONGEST || hand->offset % (MAX_DATAGRAM + 1) || hand->offset + hand->size > sizeof reader->bytes)
            fail("handed on from out of its place");
        if (hand->kind ? !hand->tag : hand->tag != 0) fail("handed on in nobody's name");
        tally.acts += hand->kind && hand->size;
        tally.stirs += hand->kind && !hand->size;
    }
    tally.handed += reader->handed;
    tally.refused += turn->refused;
    tally.answered += turn->dropped; /* there is no socket, so that no answer leaves */
}

static void one(reader *reader, int64_t now) {
    uint8_t made[4 * LONGEST];
    int number = (int)dice(PEERS);
    actor_t *actor = &actors[number];
    size_t size = a_datagram(number, made);
    uint8_t *exact = malloc(size ? size : 1);
    memcpy(exact, made, size);
    struct sockaddr_storage name = {0};
    socklen_t name_size;
    if (actor->host_size == 4) {
        struct sockaddr_in *v4 = (struct sockaddr_in *)&name;
        v4->sin_family = AF_INET;
        v4->sin_port = htons(actor->port);
        memcpy(&v4->sin_addr, actor->host, 4);
        name_size = sizeof *v4;
    } else {
        struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&name;
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons(actor->port);
        memcpy(&v6->sin6_addr, actor->host, 16);
        name_size = sizeof *v6;
    }
    read_turn turn = {0};
    reader->handed = 0;
    if (size >= 2 && size <= MAX_DATAGRAM && dice(10)) {
        arrival_t arrival = {.data = exact, .size = size, .name = &name, .name_size = name_size, .at = now};
        place_of_name(&arrival.from, &name, name_size);
        deal_with(reader, &arrival, dice(READ_BATCH), -1, now, &turn);
    } else if (dice(2)) {
        reader_offer(reader, -1, exact, size, (const uint8_t *)&name, dice(30) ? name_size : dice(30), now, &turn);
    } else {
        uint8_t *plain = malloc(size ? size : 1);
        int length = read_peer_control(actor->peer, exact, size, now, plain);
        if (length > (int)size) fail("decrypted to more than there was");
        tally.stirs += (unsigned)read_peer_stirs(actor->peer);
        if (read_peer_stirs(actor->peer)) fail("it stirs twice");
        free(plain);
    }
    judge(reader, &turn);
    take_news(read_peer_news(actor->peer), actor->line, exact, size, now, 400);
    depart(actor, now);
    if (size > 8) {
        uint8_t *compound = malloc(size);
        size_t whole = a_compound(made, LONGEST);
        whole = whole < size ? whole : size;
        memcpy(compound, made, whole);
        uint8_t *cut = realloc(compound, whole);
        take_news(read_peer_news(actor->peer), actor->line, cut, whole, now, 400);
        free(cut);
    }
    free(exact);
}

static void change(reader *reader, int64_t now) {
    int number = (int)dice(PEERS);
    actor_t *actor = &actors[number];
    uint8_t id[ID] = {(uint8_t)dice(256), (uint8_t)dice(8)};
    switch (dice(6)) {
    case 0: read_peer_free(actor->peer); come(reader, number); break;
    case 1: place(reader, actor); break;
    case 2: read_peer_name(actor->peer, names[number], dice(3) ? 7 : 0, PASSWORD, sizeof PASSWORD - 1); break;
    case 3: read_peer_admit(actor->peer, id, actor->host, dice(9) ? actor->host_size : dice(20), actor->port, 0, now); break;
    default: tally.heard += actor->peer->life.heard_at != 0; look(actor);
    }
}

/* By the kernel: batches, times of arrival, our address, datagrams that are too long. */
static void by_the_kernel(reader *reader, uint64_t turns) {
    int here = socket(AF_INET, SOCK_DGRAM, 0), there = socket(AF_INET, SOCK_DGRAM, 0);
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    if (here < 0 || there < 0 || bind(here, (struct sockaddr *)&at, sizeof at) ||
        getsockname(here, (struct sockaddr *)&at, &size))
        fail("no sockets");
    reader_open(reader, here);
    static uint8_t data[2 * LONGEST * 4];
    for (uint64_t turn = 0; turn < turns; turn++) {
        unsigned count = dice(80);
        for (unsigned i = 0; i < count; i++) {
            size_t length = dice(20) ? a_datagram((int)dice(PEERS), data) : dice(3000);
            sendto(there, data, length, 0, (struct sockaddr *)&at, sizeof at);
        }
        read_turn found;
        while (!reader_turn(reader, here, 1000 + (int64_t)turn, &found) && found.taken) {
            for (uint32_t i = 0; i < found.handed; i++)
                if (reader->hand[i].to_size != 4 || reader->hand[i].to[0] != 127) fail("our address is not known");
            judge(reader, &found);
        }
    }
    close(here);
    close(there);
}

int main(int count, char **given) {
    uint64_t datagrams = count > 1 ? strtoull(given[1], NULL, 10) : 100000, seed = count > 2 ? strtoull(given[2], NULL, 10) : 1;
    state = seed * 0x9E3779B97F4A7C15u + 1;
    const read_limits limits = {
        .checks = 200, .feedback = 250, .transactions = 60, .streams = 5, .remembered_ms = 30000, .same_ms = 400};
    reader *made = reader_new(&limits, seed);
    for (int i = 0; i < PEERS; i++) come(made, i);
    int64_t now = 1;
    for (uint64_t done = 0; done < datagrams; done++) {
        now += dice(5);
        one(made, now);
        if (!dice(30)) change(made, now);
    }
    by_the_kernel(made, datagrams / 10000 + 1);
    if (!tally.acts || !tally.answered || !tally.refused || !tally.heard || !tally.handed) fail("some paths were never taken");
    /* Some outlive their reader, as Python's collector may have it. */
    for (int i = 0; i < PEERS / 2; i++) read_peer_free(actors[i].peer);
    reader_free(made);
    for (int i = PEERS / 2; i < PEERS; i++) {
        uint8_t plain[64] = {0};
        read_peer_control(actors[i].peer, plain, sizeof plain, 0, plain);
        read_peer_at(actors[i].peer, actors[i].host, actors[i].host_size, 1, 0);
        read_peer_free(actors[i].peer);
    }
    printf("reader: datagrams %llu seed %llu handed on %llu, of which read %llu; checks answered %llu refused %llu; stirred %llu\n",
           (unsigned long long)datagrams, (unsigned long long)seed, (unsigned long long)tally.handed,
           (unsigned long long)tally.acts, (unsigned long long)tally.answered, (unsigned long long)tally.refused,
           (unsigned long long)tally.stirs);
    return 0;
}

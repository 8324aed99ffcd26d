/* What Python sees of the reader (read by cffi, so no preprocessor here but plain numbers). */

#define READ_BATCH 64
#define READ_REPORTS 32
#define READ_ESTIMATES 16

typedef struct reader reader;
typedef struct read_peer read_peer;

/* What Python's own path goes by as well. */
typedef struct {
    uint32_t checks;        /* connectivity checks of one peer looked at in a second */
    uint32_t feedback;      /* SRTCP datagrams of one peer decrypted in a second */
    uint32_t transactions;  /* ids remembered of one peer */
    uint32_t streams;       /* SSRCs of one peer that are decrypted */
    int64_t remembered_ms;  /* so long an id is */
    int64_t same_ms;        /* the same REMB within this time is none */
} read_limits;

/* A datagram that is not for C to deal with. */
typedef struct {
    uint64_t tag;           /* kind 1: whose it is */
    int64_t at;             /* when the kernel got it, on the caller's clock, in ms */
    int64_t stamp_ns;       /* the same as the kernel has it, of the wall clock; 0: not known */
    uint32_t offset;        /* of its first byte in reader_bytes */
    uint16_t size;
    uint8_t kind;           /* 0: as it came; 1: a viewer's RTCP, authentic and decrypted, its news counted already;
                               of no size: it rested, and stirs */
    uint8_t to_size;        /* 4 or 16; 0: not known */
    uint8_t from[28];       /* a sockaddr_in or sockaddr_in6, zeros after it */
    uint8_t to[16];         /* our address it came to */
    uint32_t interface;
} read_handed;

/* One turn, or one datagram offered. */
typedef struct {
    uint32_t taken;         /* datagrams read */
    uint32_t handed;        /* of which so many are in reader_handed */
    uint32_t refused;       /* connectivity checks that were not authentic, repeated elsewhere or too many */
    uint32_t dropped;       /* answers the kernel did not take */
} read_turn;

/* What Python's ``Way`` must hear of, since the last look. */
typedef struct {
    int64_t heard_at;       /* last authentic feedback; 0: none */
    int64_t checked_at;     /* last authentic check */
    uint32_t checks;        /* how many, all octets of them, and whether the last named the pair for use */
    uint32_t octets;
    uint32_t named;
    uint32_t rejected;      /* datagrams that did not decrypt, or were too many */
} read_life;

typedef struct {
    int64_t at;
    uint32_t ssrc, fraction;
    int32_t lost;
    uint32_t highest, jitter, last_report, delay, unused;
} read_report;

typedef struct {
    int64_t at;
    uint64_t bits;
} read_estimate;

/* What a viewer told since it was last cleared: wire/feedback.py. */
typedef struct {
    uint32_t reports, estimates;
    uint32_t losses;        /* report blocks that told of loss, ever */
    uint32_t unused;
    read_report report[READ_REPORTS];
    read_estimate estimate[READ_ESTIMATES];
} read_news;

/* seed: what strangers cannot know. NULL: no memory. */
reader *reader_new(const read_limits *limits, uint64_t seed);
/* Peers that are left stay valid, and are nowhere. */
void reader_free(reader *reader);
/* Asks the kernel for times of arrival and our addresses; what it does not know it leaves out. */
void reader_open(reader *reader, int socket);
const uint8_t *reader_bytes(const reader *reader);
const read_handed *reader_handed(const reader *reader);
/* Reads up to READ_BATCH datagrams. 0, or an errno where nothing could be read. */
int reader_turn(reader *reader, int socket, int64_t now, read_turn *turn);
/* One datagram as if it had been read: from is a sockaddr. */
void reader_offer(reader *reader, int socket, const uint8_t *data, size_t size, const uint8_t *from, size_t from_size,
                  int64_t now, read_turn *turn);

/* tag: what Python knows it by. NULL: no memory. */
read_peer *read_peer_new(reader *reader, uint64_t tag);
void read_peer_free(read_peer *peer);
/* From now on what comes from there (4 or 16 bytes) is looked at here, and nobody else's; size 0: from nowhere. 0, or -1. */
int read_peer_at(read_peer *peer, const uint8_t *host, size_t size, uint16_t port, uint32_t scope);
/* Session key (16 bytes) and salt (12) of the SRTCP that comes (AEAD_AES_128_GCM). 0, or -1: no memory or no cipher. */
int read_peer_keys(read_peer *peer, const uint8_t *key, const uint8_t *salt);
/* Checks under this name are answered; size 0: none is. 0, or -1: too long. */
int read_peer_name(read_peer *peer, const uint8_t *ufrag, size_t ufrag_size, const uint8_t *password, size_t size);
/* Whether an authentic check from there may count: its id was not seen from another address (transactions.py). */
int read_peer_admit(read_peer *peer, const uint8_t *id, const uint8_t *host, size_t size, uint16_t port, uint32_t scope,
                    int64_t now);
/* An SRTCP datagram, wherever it came from. plain: room for size bytes. -1: not authentic; 0: news, which is counted;
   else there is more in it, and that is the size of what was decrypted. */
int read_peer_control(read_peer *peer, const uint8_t *data, size_t size, int64_t at, uint8_t *plain);
/* Gives it and begins anew. 0: nothing came, and nothing is given. */
int read_peer_life(read_peer *peer, read_life *life);
read_news *read_peer_news(read_peer *peer);
/* Transport-wide feedback is for this line, and calls for an act while it finds overuse; NULL: nobody reads it. */
void read_peer_line(read_peer *peer, fan_line *line);
void read_news_clear(read_news *news);
/* From now on it is told when it stirs, once: when a report tells of loss, or its line stirs (fan_line_stirred). That is a
 * read_handed of kind 1 and no size. 0, or -1: its line is not measured here. */
int read_peer_rest(read_peer *peer);
/* Whether it has stirred and that was not told yet, which it then is: after read_peer_control. */
int read_peer_stirs(read_peer *peer);

/* What Python sees of the fan-out (read by cffi, so no preprocessor here). */

typedef struct fan_peer fan_peer;
typedef struct fan_crowd fan_crowd;
typedef struct fan_line fan_line;

/* One packet of a burst, plain: authenticated on its way in, parsed, rendered for a stream. */
typedef struct {
    const uint8_t *data;
    uint32_t size;
    uint16_t header;      /* bytes of RTP header and extensions: sent as they are, authenticated */
    uint16_t picture_at;  /* where a VP8 picture id of 15 bits stands; 0: nowhere */
    uint16_t tl0_at;      /* where VP8's TL0PICIDX stands; 0: nowhere */
    uint16_t wide_at;     /* where the transport-wide number stands, in the header; 0: nowhere */
    uint16_t lane;
    uint64_t stream;      /* whoever takes this stream on this lane gets the packet */
    int64_t number;       /* the stream's sequence number without wraps */
} fan_packet;

typedef struct {
    uint64_t packets;     /* handed to the kernel */
    uint64_t octets;      /* of UDP payload */
    uint64_t dropped;     /* the kernel had no room, or would not */
    uint64_t refused;     /* malformed for us: a mistake of the caller's */
    uint64_t calls;       /* system calls that sent something */
    uint64_t cpu_ns;      /* of this thread */
    int gso_failed;       /* the kernel or the card cannot cut bursts: do without */
} fan_result;

int fan_lanes(void);
int fan_max_packet(void);
int fan_abi(void);

/* The version of the OpenSSL that encrypts, as its OPENSSL_VERSION_NUMBER has it: 0xMNN00PP0. */
unsigned long fan_openssl(void);
/* From now on it is the one inside this shared object, if that is loaded already, shows the functions and is newer. Before there is any
 * peer: a context of one OpenSSL is nothing to another. Whether it is another now. */
int fan_openssl_at(const char *path);

/* key: 16 bytes, salt: 12, of the SRTP session (AEAD_AES_128_GCM). NULL: no memory or no cipher. */
fan_peer *fan_peer_new(const uint8_t *key, const uint8_t *salt);
/* Takes it out of its crowd first. */
void fan_peer_free(fan_peer *peer);
/* address: 4 or 16 bytes in network order. 0, or -1 for another size. */
int fan_peer_address(fan_peer *peer, const uint8_t *address, size_t size, uint16_t port, uint32_t flow, uint32_t scope);
/* Which of our addresses it is sent from, as a wildcard has several: 4 or 16 bytes as the socket's family has them; size 0: as the kernel chooses. 0, or -1 for another size. */
int fan_peer_source(fan_peer *peer, const uint8_t *address, size_t size);
/* From now on the peer gets this stream on this lane (0: none), its numbers shifted, from number first on. roc: what the first 16-bit wrap is counted from. */
int fan_peer_take(fan_peer *peer, unsigned lane, uint64_t stream, int64_t shift, int64_t roc,
                  uint32_t timestamp, uint16_t picture, uint8_t tl0, int64_t first);

fan_crowd *fan_crowd_new(void);
void fan_crowd_free(fan_crowd *crowd);
/* 0, or -1: no memory. A peer is in one crowd at most. */
int fan_crowd_add(fan_crowd *crowd, fan_peer *peer);
void fan_crowd_remove(fan_peer *peer);
size_t fan_crowd_size(const fan_crowd *crowd);

/* Each member of crowd[from, to) gets its packets of the burst, in order. */
void fan_send(fan_crowd *crowd, size_t from, size_t to, const fan_packet *packets, size_t count,
              int socket, int gso, fan_result *result);
/* One peer gets its packets of these. */
void fan_send_to(fan_peer *peer, const fan_packet *packets, size_t count, int socket, int gso, fan_result *result);
/* One packet as it is, to one peer, under the given rollover counter; its transport-wide number, if any, is put in. */
void fan_send_one(fan_peer *peer, const uint8_t *data, size_t size, size_t header, uint32_t roc, uint16_t wide_at,
                  int socket, fan_result *result);
/* The same without sending. Room: size + 16. The number of bytes written, or -1. */
int fan_seal(fan_peer *peer, const uint8_t *data, size_t size, size_t header, uint32_t roc, uint8_t *out, size_t room);

/* -- what a viewer's transport-wide feedback tells; as last_mile/estimate/told.py has it -------------------------- */

typedef struct {
    int64_t number;       /* INT64_MIN: none yet */
    uint64_t octets;
    double delay_ms;
} fan_slot;

typedef struct {
    uint64_t departed, came, lost, octets;
    uint64_t overuses;
    double trend, threshold;
    int64_t probe_sent_us, probe_came_us;
    uint64_t probe_octets;
    uint32_t probe_departed, probe_came;
    uint8_t probe_cluster;
    uint8_t signal;
    fan_slot slots[16];   /* in no order */
} fan_told;

/* NULL: no memory. */
fan_line *fan_line_new(void);
/* No peer may have it any more. */
void fan_line_free(fan_line *line);
/* From now on what is sent to the peer under a transport-wide number is numbered by this line, which outlives it. */
void fan_peer_line(fan_peer *peer, fan_line *line);
/* A packet of so many octets leaves: its number. */
uint16_t fan_line_depart(fan_line *line, uint32_t octets, uint64_t at_us, uint32_t ident);
/* What became of the newest packet of this name (SSRC's lower half, sequence number): 0 nobody knows, 1 on its way, 2 told
 * not to have come, 3 came. */
int fan_line_fate(const fan_line *line, uint32_t ident);
/* What leaves from now on is part of this probe; 0: of none. */
void fan_line_mark(fan_line *line, uint8_t cluster);
/* RTCP's fmt 15, without the header. What the overuse detector says then (0 to 2), or -1: malformed, and nothing of
 * it counts. */
int fan_line_acknowledge(fan_line *line, const uint8_t *body, size_t size);
void fan_line_told(const fan_line *line, fan_told *told);
/* Another number than before: something was lost, or overuse begins or ends. */
uint64_t fan_line_stirred(const fan_line *line);

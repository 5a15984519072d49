#include "actors/transcode/media/source.h"
#include "actors/transcode/media/film.h"
#include "actors/transcode/media/result.h"
#include <errno.h>
#include <libavutil/avstring.h>
#include <stdlib.h>

#define READ_BYTES (256 << 10)
#define FAR_US     (1ll << 52)

/* Containers that hold their bytes themselves: no playlists, no image sequences, nothing that names another file. */
static const char CONTAINERS[] = "mov,matroska,avi,flv,mpegts,mpeg,ogg,asf,mxf,nut,dv,mp3,wav,flac,aac,ac3,eac3";

static const char TEXTS[] = "srt,webvtt,ass";

static const char DECODERS[] =
    "h264,hevc,libdav1d,vp8,vp9,vp6,vp6a,vp6f,mpeg4,msmpeg4v1,msmpeg4v2,msmpeg4,mpeg1video,mpeg2video,wmv1,wmv2,wmv3,"
    "vc1,"
    "theora,prores,dnxhd,mjpeg,h261,h263,h263i,h263p,flv,svq1,svq3,dvvideo,ffv1,huffyuv,ffvhuff,utvideo,rawvideo,v210,"
    "cfhd,"
    "qtrle,cinepak,rv10,rv20,rv30,rv40,jpeg2000,png,magicyuv,lagarith,fraps,flashsv,flashsv2,msvideo1,msrle,indeo3,"
    "indeo4,indeo5,dirac,"
    "aac,aac_latm,ac3,eac3,mp3float,mp3,mp2float,mp2,mp1float,mp1,opus,vorbis,flac,alac,amrnb,amrwb,wmav1,wmav2,wmapro,"
    "truehd,mlp,dca,speex,libspeex,nellymoser,adpcm_ms,adpcm_ima_wav,adpcm_ima_qt,adpcm_swf,adpcm_yamaha,qdm2,cook,"
    "pcm_s16le,pcm_s16be,pcm_s24le,pcm_s24be,pcm_s32le,pcm_s32be,pcm_u8,pcm_s8,pcm_f32le,pcm_f32be,pcm_f64le,pcm_f64be,"
    "pcm_alaw,pcm_mulaw,pcm_bluray,pcm_dvd,s302m,wavpack,tta,g722,gsm_ms,wmavoice,wmalossless,"
    "srt,subrip,ass,ssa,webvtt,mov_text,text";

static int fill(void *opaque, uint8_t *buffer, int bytes) {
    struct source *source = opaque;
    ssize_t got = film_read(buffer, (size_t)bytes, source->position);
    if (got < 0) {
        source->read_error = errno;
        return AVERROR(errno);
    }
    source->position += got;
    return got ? (int)got : AVERROR_EOF;
}

static int64_t move(void *opaque, int64_t offset, int whence) {
    struct source *source = opaque;
    if (whence & AVSEEK_SIZE)
        return source->bytes;
    whence &= ~AVSEEK_FORCE;
    int64_t base = whence == SEEK_CUR ? source->position : whence == SEEK_END ? source->bytes : 0;
    int64_t to;
    if (whence < SEEK_SET || whence > SEEK_END || __builtin_add_overflow(base, offset, &to) || to < 0)
        return AVERROR(EINVAL);
    return source->position = to;
}

static int refuse_open(AVFormatContext *format, AVIOContext **io, const char *url, int flags, AVDictionary **options) {
    (void)format, (void)url, (void)flags, (void)options;
    *io = NULL;
    return AVERROR(EPERM);
}

static void prepare(struct source *source, const char *containers) {
    uint8_t *buffer = result_need(av_malloc(READ_BYTES));
    source->io = result_need(avio_alloc_context(buffer, READ_BYTES, 0, source, fill, NULL, move));
    source->format = result_need(avformat_alloc_context());
    source->format->pb = source->io;
    source->format->flags |= AVFMT_FLAG_CUSTOM_IO;
    source->format->io_open = refuse_open;
    source->format->max_streams = 100;
    source->format->format_whitelist = result_need(av_strdup(containers));
    source->format->codec_whitelist = result_need(av_strdup(DECODERS));
    source->format->protocol_whitelist = result_need(av_strdup("none"));
}

static void open_as(struct source *source, const char *containers, const char *otherwise) {
    *source = (struct source){0};
    source->bytes = film_bytes();
    if (source->bytes < 0)
        result_fail(MEDIA_BLAME_HOST, "The film could not be read.");
    if (source->bytes == 0)
        result_fail(MEDIA_BLAME_FILM, "The file is empty.");
    prepare(source, containers);
    AVDictionary *options = NULL;
    av_dict_set(&options, "enable_drefs", "0", 0);
    av_dict_set(&options, "use_absolute_path", "0", 0);
    int error = avformat_open_input(&source->format, NULL, NULL, &options);
    av_dict_free(&options);
    if (error >= 0)
        error = avformat_find_stream_info(source->format, NULL);
    if (source->read_error)
        result_fail(MEDIA_BLAME_HOST, "The film could not be read.");
    if (error < 0)
        result_fail_av(error, otherwise);
}

void source_open(struct source *source) {
    open_as(source, CONTAINERS, "This is not a video file we can read, or it is cut off.");
}

void source_open_text(struct source *source) {
    open_as(source, TEXTS, "These are not subtitles we can read: SubRip, WebVTT and SubStation are.");
}

void source_close(struct source *source) {
    avformat_close_input(&source->format);
    if (source->io)
        av_freep(&source->io->buffer);
    avio_context_free(&source->io);
    free(source->stitch);
    source->stitch = NULL;
}

static int decodable(const AVStream *stream) {
    const AVCodec *codec = avcodec_find_decoder(stream->codecpar->codec_id);
    return codec && av_match_list(codec->name, DECODERS, ',');
}

/* Higher is better, 0 is out of the question. */
static int64_t worth(const AVStream *stream) {
    const AVCodecParameters *is = stream->codecpar;
    int64_t score = 1;
    if (is->codec_type == AVMEDIA_TYPE_VIDEO) {
        if (stream->disposition &
            (AV_DISPOSITION_ATTACHED_PIC | AV_DISPOSITION_TIMED_THUMBNAILS | AV_DISPOSITION_STILL_IMAGE))
            return 0;
        score += is->width > 0 && is->height > 0 ? (int64_t)is->width * is->height : 0;
    } else {
        int channels = is->ch_layout.nb_channels;
        score += channels > 0 && channels <= 64 ? channels : 0;
        if (stream->disposition &
            (AV_DISPOSITION_VISUAL_IMPAIRED | AV_DISPOSITION_HEARING_IMPAIRED | AV_DISPOSITION_COMMENT))
            score += 1ll << 41;
        else
            score += 1ll << 42;
    }
    if (stream->disposition & AV_DISPOSITION_DEFAULT)
        score += 1ll << 43;
    return score + (decodable(stream) ? 1ll << 44 : 0);
}

static AVStream *best(struct source *source, enum AVMediaType type) {
    AVStream *found = NULL;
    int64_t most = 0;
    for (unsigned i = 0; i < source->format->nb_streams; i++) {
        AVStream *stream = source->format->streams[i];
        if (stream->codecpar->codec_type != type || worth(stream) <= most)
            continue;
        found = stream;
        most = worth(stream);
    }
    return found;
}

AVStream *source_best_video(struct source *source) {
    return best(source, AVMEDIA_TYPE_VIDEO);
}

AVStream *source_best_audio(struct source *source) {
    return best(source, AVMEDIA_TYPE_AUDIO);
}

AVStream *source_stream(struct source *source, int number, enum AVMediaType type) {
    if (number < 0 || (unsigned)number >= source->format->nb_streams ||
        source->format->streams[number]->codecpar->codec_type != type)
        result_fail(MEDIA_BLAME_FILM, "The film changed after it was examined.");
    return source->format->streams[number];
}

void source_use(struct source *source, const AVStream *video, const AVStream *audio) {
    for (unsigned i = 0; i < source->format->nb_streams; i++) {
        AVStream *stream = source->format->streams[i];
        stream->discard = stream == video || stream == audio ? AVDISCARD_DEFAULT : AVDISCARD_ALL;
    }
}

int source_may_jump(const struct source *source) {
    return av_match_list(source->format->iformat->name, "mpegts,mpeg", ',');
}

void source_stitch(struct source *source, int video, int audio) {
    source->stitch = result_need(calloc(1, sizeof *source->stitch));
    for (unsigned i = 0; i < source->format->nb_streams; i++)
        if ((int)i == video || (int)i == audio)
            source->format->streams[i]->discard = AVDISCARD_DEFAULT;
}

int source_read(struct source *source, AVPacket *packet) {
    for (int empty = 0; empty < 1000; empty++) {
        int error = av_read_frame(source->format, packet);
        if (error >= 0) {
            if (source->stitch)
                stitch_move(source->stitch, source->format->streams[packet->stream_index], packet);
            return 1;
        }
        if (source->read_error)
            result_fail(MEDIA_BLAME_HOST, "The film could not be read.");
        if (error == AVERROR(ENOMEM))
            result_fail_av(error, "");
        if (error != AVERROR(EAGAIN))
            return 0;
    }
    return 0;
}

AVCodecContext *source_decoder(const AVStream *stream) {
    const AVCodec *codec = avcodec_find_decoder(stream->codecpar->codec_id);
    if (!codec)
        return NULL;
    AVCodecContext *decoder = result_need(avcodec_alloc_context3(codec));
    decoder->codec_whitelist = result_need(av_strdup(DECODERS));
    decoder->thread_count = 1;
    decoder->flags |= AV_CODEC_FLAG_BITEXACT;
    decoder->pkt_timebase = stream->time_base;
    /* A little more than 8K; beyond it memory would be the limit. */
    decoder->max_pixels = 8192 * 4352;
    int error = avcodec_parameters_to_context(decoder, stream->codecpar);
    if (error >= 0)
        error = avcodec_open2(decoder, codec, NULL);
    if (error == AVERROR(ENOMEM))
        result_fail_av(error, "");
    if (error < 0)
        avcodec_free_context(&decoder);
    return decoder;
}

int64_t source_us(const AVStream *stream, int64_t pts) {
    if (pts == AV_NOPTS_VALUE || stream->time_base.num <= 0 || stream->time_base.den <= 0)
        return AV_NOPTS_VALUE;
    int64_t us = av_rescale_q_rnd(pts, stream->time_base, AV_TIME_BASE_Q, AV_ROUND_NEAR_INF);
    return us < -FAR_US || us > FAR_US ? AV_NOPTS_VALUE : us;
}

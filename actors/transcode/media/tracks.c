#include "actors/transcode/media/tracks.h"
#include "actors/transcode/media/result.h"

int tracks_is_text(const AVStream *stream) {
    switch (stream->codecpar->codec_id) {
    case AV_CODEC_ID_SUBRIP:
    case AV_CODEC_ID_ASS:
    case AV_CODEC_ID_SSA:
    case AV_CODEC_ID_WEBVTT:
    case AV_CODEC_ID_MOV_TEXT:
    case AV_CODEC_ID_TEXT:
        return 1;
    default:
        return 0;
    }
}

/* As much of a tag as fits, without what would not be a line of text. */
static void copy_tag(char *to, size_t bytes, const AVStream *stream, const char *key) {
    const AVDictionaryEntry *tag = av_dict_get(stream->metadata, key, NULL, 0);
    size_t n = 0;
    for (const char *from = tag ? tag->value : ""; *from && n + 1 < bytes; from++)
        if ((unsigned char)*from >= ' ' && *from != '"')
            to[n++] = *from;
    /* Not in the middle of a letter. */
    while (n > 0 && n + 1 == bytes && ((unsigned char)to[n - 1] & 0x80))
        n--;
    to[n] = 0;
}

static int tell(const AVStream *stream, const AVStream *first) {
    const AVCodecParameters *is = stream->codecpar;
    struct media_track track = {.stream = stream->index};
    if (is->codec_type == AVMEDIA_TYPE_AUDIO && is->sample_rate > 0 && is->ch_layout.nb_channels > 0) {
        AVCodecContext *decoder = source_decoder(stream);
        if (!decoder)
            return 0;
        avcodec_free_context(&decoder);
        track.kind = MEDIA_TRACK_AUDIO;
        track.channels = (uint32_t)is->ch_layout.nb_channels;
        track.preferred = stream == first;
    } else if (is->codec_type == AVMEDIA_TYPE_SUBTITLE && tracks_is_text(stream)) {
        track.kind = MEDIA_TRACK_TEXT;
        track.preferred = (stream->disposition & AV_DISPOSITION_DEFAULT) != 0;
        track.forced = (stream->disposition & AV_DISPOSITION_FORCED) != 0;
    } else {
        return 0;
    }
    copy_tag(track.language, sizeof track.language, stream, "language");
    copy_tag(track.name, sizeof track.name, stream, "title");
    result_send((struct media_frame){.kind = MEDIA_TRACK}, &track, sizeof track);
    return 1;
}

void tracks_tell(const struct source *source, const AVStream *audio) {
    int told = audio ? tell(audio, audio) : 0;
    for (unsigned i = 0; i < source->format->nb_streams && told < MEDIA_TRACKS_MAX; i++)
        if (source->format->streams[i] != audio &&
            (audio || source->format->streams[i]->codecpar->codec_type != AVMEDIA_TYPE_AUDIO))
            told += tell(source->format->streams[i], audio);
}

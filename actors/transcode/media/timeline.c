#include "actors/transcode/media/timeline.h"

static int64_t divide_down(__int128 a, __int128 b) {
    __int128 quotient = a / b;
    return (int64_t)(a % b < 0 ? quotient - 1 : quotient);
}

int timeline_rate_is_sane(AVRational rate) {
    return rate.num > 0 && rate.den > 0 && rate.num >= rate.den / 2 && rate.num / rate.den <= 60 &&
           (rate.num / rate.den < 60 || rate.num % rate.den == 0);
}

/* Averages are measured and a little off; what is meant is mostly one of these. */
static AVRational known(AVRational rate) {
    static const AVRational rates[] = {{24000, 1001}, {24, 1}, {25, 1},       {30000, 1001}, {30, 1},
                                       {48, 1},       {50, 1}, {60000, 1001}, {60, 1}};
    for (size_t i = 0; i < sizeof rates / sizeof rates[0]; i++) {
        double off = av_q2d(rate) / av_q2d(rates[i]);
        if (off > 0.9998 && off < 1.0002)
            return rates[i];
    }
    return rate;
}

AVRational timeline_rate(AVRational average, AVRational base) {
    AVRational rate = {25, 1};
    if (timeline_rate_is_sane(average))
        rate = average;
    else if (base.num > 0 && base.den > 0 && base.num / base.den <= 1000 && base.num >= base.den / 2)
        rate = base;
    /* A base rate this close is what the average was meant to be. */
    if (timeline_rate_is_sane(base) && rate.num != base.num) {
        double off = av_q2d(rate) / av_q2d(base);
        if (off > 0.99 && off < 1.01)
            rate = base;
    }
    av_reduce(&rate.num, &rate.den, rate.num, rate.den, 1000000);
    rate = known(rate);
    while (rate.num / rate.den > 60 || (rate.num / rate.den == 60 && rate.num % rate.den))
        av_reduce(&rate.num, &rate.den, rate.num, 2ll * rate.den, 1000000);
    if (rate.num < 8 * rate.den)
        av_reduce(&rate.num, &rate.den, (int64_t)rate.num * ((8ll * rate.den + rate.num - 1) / rate.num), rate.den,
                  1 << 30);
    return rate;
}

int64_t timeline_nearest(int64_t us, AVRational rate) {
    return divide_down((__int128)us * rate.num * 2 + (__int128)1000000 * rate.den, (__int128)2000000 * rate.den);
}

int64_t timeline_frames(int64_t duration_us, AVRational rate) {
    int64_t frames = timeline_nearest(duration_us, rate);
    return frames < 1 ? 1 : frames;
}

static int64_t nearest(const struct job_film *film, int64_t us) {
    return timeline_nearest(us, (AVRational){(int)film->fps_num, (int)film->fps_den});
}

int64_t timeline_slot(const struct job_film *film, int64_t us) {
    return nearest(film, us - film->start_us) + nearest(film, film->start_us - film->zero_us);
}

int64_t timeline_us(const struct job_film *film, int64_t frame) {
    int64_t lead = nearest(film, film->start_us - film->zero_us);
    return film->start_us + divide_down((__int128)(frame - lead) * 1000000 * film->fps_den, film->fps_num);
}

int64_t timeline_pts(const struct job_film *film, int64_t frame) {
    return divide_down((__int128)frame * 90000 * film->fps_den, film->fps_num);
}

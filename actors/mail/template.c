#include <string.h>

#include "actors/mail/mail.h"

#define OPEN(title)                                                                                                    \
    "<!DOCTYPE html>\n"                                                                                                \
    "<html lang=\"en\">\n"                                                                                             \
    "<head><meta charset=\"utf-8\"><title>" title "</title></head>\n"                                                  \
    "<body style=\"font-family:sans-serif;line-height:1.5;color:#222\">\n"                                             \
    "<p>{greeting}</p>\n"
#define BUTTON(text)                                                                                                   \
    "<p><a href=\"{link}\" style=\"display:inline-block;padding:10px 20px;border-radius:6px;background:#2e3edf;"       \
    "color:#fff;text-decoration:none\">" text "</a></p>\n"                                                             \
    "<p>If the button does not work, copy this address into your browser:<br>{link}</p>\n"
#define CLOSE "</body>\n</html>\n"

#define ALARM "If it was not you, set a new password at once: {front}\n"

/* What letters say. */
static const struct wording wordings[] = {
    {.kind = "activation",
     .link = true,
     .subject = "Confirm your email",
     .text = "{greeting}\n"
             "\n"
             "thank you for registering. Please confirm your e-mail address by opening this link:\n"
             "\n"
             "{link}\n"
             "\n"
             "The link is good for {hours}. If you did not create an account, ignore this message: nothing happens.\n",
     .html =
         OPEN("Confirm your email") "<p>thank you for registering. Please confirm your e-mail address:</p>\n" BUTTON(
             "Activate account") "<p>The link is good for {hours}. If you did not create an account, ignore this "
                                 "message: "
                                 "nothing happens.</p>\n" CLOSE},
    {.kind = "reset",
     .link = true,
     .subject = "Reset your password",
     .text =
         "{greeting}\n"
         "\n"
         "somebody, hopefully you, asked for a new password. Choose one by opening this link:\n"
         "\n"
         "{link}\n"
         "\n"
         "The link is good for {hours} and for one use. If you did not ask for it, ignore this message: your password "
         "stays as it is.\n",
     .html = OPEN("Reset your password") "<p>somebody, hopefully you, asked for a new password.</p>\n" BUTTON(
         "Choose a new password") "<p>The link is good for {hours} and for one use. If you did not ask for it, ignore "
                                  "this "
                                  "message: your password stays as it is.</p>\n" CLOSE},
    {.kind = "password-changed",
     .security = true,
     .notice = "The password of your account was changed, and its other sessions were ended.",
     .subject = "Your password was changed",
     .text = "{greeting}\n"
             "\n"
             "the password of your account was changed on {when}, and its other sessions were ended.\n"
             "\n"
             "If it was you, there is nothing to do. " ALARM,
     .html = OPEN("Your password was changed") "<p>the password of your account was changed on {when}, and its other "
                                               "sessions were ended.</p>\n"
                                               "<p>If it was you, there is nothing to do. " ALARM "</p>\n" CLOSE},
    {.kind = "address-changed",
     .security = true,
     .notice = "The e-mail address of your account was changed. The new one is {detail}.",
     .subject = "Your e-mail address was changed",
     .text = "{greeting}\n"
             "\n"
             "the e-mail address of your account was changed on {when}. The new one is:\n"
             "\n"
             "{detail}\n"
             "\n"
             "If it was you, there is nothing to do. " ALARM,
     .html = OPEN("Your e-mail address was changed") "<p>the e-mail address of your account was changed on {when}. The "
                                                     "new one is:</p>\n<p>{detail}</p>\n"
                                                     "<p>If it was you, there is nothing to do. " ALARM "</p>\n" CLOSE},
    {.kind = "address",
     .link = true,
     .subject = "Confirm your new email",
     .text = "{greeting}\n"
             "\n"
             "this shall become the e-mail address of your account. Please confirm it by opening this link:\n"
             "\n"
             "{link}\n"
             "\n"
             "The link is good for {hours} and for one use. If you did not ask for it, ignore this message: nothing "
             "happens.\n",
     .html = OPEN("Confirm your new email") "<p>this shall become the e-mail address of your account. Please confirm "
                                            "it:</p>\n" BUTTON("Confirm address") "<p>The link is good for {hours} and "
                                                                                  "for one use. If you did not ask for "
                                                                                  "it, ignore this message: nothing "
                                                                                  "happens.</p>\n" CLOSE},
    {.kind = "new-sign-in",
     .notice = "Your account was used from a place and a device that are new to it:\n{detail}",
     .subject = "New sign-in to your account",
     .text = "{greeting}\n"
             "\n"
             "your account was used on {when} from a place and a device that are new to it:\n"
             "\n"
             "{detail}\n"
             "\n"
             "If it was you, there is nothing to do. " ALARM,
     .html =
         OPEN("New sign-in to your account") "<p>your account was used on {when} from a place and a device that are "
                                             "new to it:</p>\n<p style=\"white-space:pre-line\">{detail}</p>\n"
                                             "<p>If it was you, there is nothing to do. " ALARM "</p>\n" CLOSE},
    {.kind = "registered-again",
     .security = true,
     .notice = "Somebody tried to make an account with your e-mail address. Nothing was changed.",
     .subject = "You have an account already",
     .text = "{greeting}\n"
             "\n"
             "somebody, hopefully you, tried to make an account with this address. It has one already: log in, or ask "
             "for a new password if you forgot it: {front}\n"
             "\n"
             "If it was not you, there is nothing to do: nothing was changed.\n",
     .html = OPEN("You have an account already") "<p>somebody, hopefully you, tried to make an account with this "
                                                 "address. It has one already: log in, or ask for a new password if "
                                                 "you forgot it.</p>\n<p><a href=\"{front}\">{front}</a></p>\n"
                                                 "<p>If it was not you, there is nothing to do: nothing was "
                                                 "changed.</p>\n" CLOSE},
    {.kind = "payment",
     .subject = "Your subscription",
     .text = "{greeting}\n"
             "\n"
             "{detail}\n"
             "\n"
             "Your subscription and your payments are shown here: {front}\n",
     .html = OPEN("Your subscription") "<p>{detail}</p>\n"
                                       "<p>Your subscription and your payments are shown here: "
                                       "<a href=\"{front}\">{front}</a></p>\n" CLOSE},
};

/* Subjects that a dialect's own documents name. */
static const struct {
    const char *dialect, *kind, *subject;
} subjects[] = {
    {"veeplay", "reset", "Password Reset Request"},
    {"videoflix_s3", "activation", "Confirm Your Videoflix Account"},
    {"videoflix_s3", "reset", "Reset Your Password"},
    {"videoflix_s3", "password-changed", "Your Videoflix password was changed"},
};

/* Greetings that do; the others say hello by name. */
static const struct {
    const char *dialect, *greeting;
} greetings[] = {
    {"videoflix_hls", "Dear {address},"},
};

const struct wording *wording_find(const char *kind) {
    for (size_t i = 0; i < sizeof wordings / sizeof *wordings; i++)
        if (!strcmp(wordings[i].kind, kind))
            return &wordings[i];
    return NULL;
}

const struct wording *wording_at(size_t i) {
    return i < sizeof wordings / sizeof *wordings ? &wordings[i] : NULL;
}

const char *wording_subject(const struct wording *wording, const char *dialect) {
    for (size_t i = 0; i < sizeof subjects / sizeof *subjects; i++)
        if (!strcmp(subjects[i].dialect, dialect) && !strcmp(subjects[i].kind, wording->kind))
            return subjects[i].subject;
    return wording->subject;
}

const char *wording_greeting(const char *dialect) {
    for (size_t i = 0; i < sizeof greetings / sizeof *greetings; i++)
        if (!strcmp(greetings[i].dialect, dialect))
            return greetings[i].greeting;
    return "Hello {name},";
}

int wording_fill(const struct wording *wording, const char *pattern, const struct post *post, bool html,
                 struct buffer *to) {
    if (wording->link && (!post->token || !link_find(post->dialect, post->kind)))
        return -1;
    return places_fill(pattern, post, html, to);
}

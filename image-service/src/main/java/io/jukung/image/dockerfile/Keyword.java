package io.jukung.image.dockerfile;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** The instructions of a Dockerfile. */
public enum Keyword {
  ADD(Set.of("chown", "chmod", "link", "checksum", "keep-git-dir", "unpack", "exclude")),
  ARG(Set.of()),
  CMD(Set.of()),
  COPY(Set.of("from", "chown", "chmod", "link", "parents", "exclude")),
  ENTRYPOINT(Set.of()),
  ENV(Set.of()),
  EXPOSE(Set.of()),
  FROM(Set.of("platform")),
  HEALTHCHECK(Set.of("interval", "timeout", "start-period", "start-interval", "retries")),
  LABEL(Set.of()),
  MAINTAINER(Set.of()),
  ONBUILD(Set.of()),
  RUN(Set.of("mount", "network", "security", "device")),
  SHELL(Set.of()),
  STOPSIGNAL(Set.of()),
  USER(Set.of()),
  VOLUME(Set.of()),
  WORKDIR(Set.of());

  private final Set<String> flags;

  Keyword(Set<String> flags) {
    this.flags = flags;
  }

  /** The names of the options that the instruction can have, without dashes. */
  Set<String> flags() {
    return flags;
  }

  /** Whether files can follow the instruction in the Dockerfile itself. */
  boolean takesHeredocs() {
    return this == ADD || this == COPY || this == RUN;
  }

  /** Whether the argument may be a JSON list of strings. */
  boolean takesJson() {
    return switch (this) {
      case ADD, CMD, COPY, ENTRYPOINT, RUN, SHELL, VOLUME -> true;
      case ARG, ENV, EXPOSE, FROM, HEALTHCHECK, LABEL, MAINTAINER, ONBUILD -> false;
      case STOPSIGNAL, USER, WORKDIR -> false;
    };
  }

  /** The instruction with this name, in any case. */
  static Optional<Keyword> of(String word) {
    String name = word.toUpperCase(Locale.ROOT);
    return Arrays.stream(values()).filter(each -> each.name().equals(name)).findFirst();
  }
}

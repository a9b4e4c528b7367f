package io.jukung.image.dockerfile;

import com.google.common.collect.ImmutableSet;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** The instructions of a Dockerfile. */
public enum Keyword {
  ADD(ImmutableSet.of("chown", "chmod", "link", "checksum", "keep-git-dir", "unpack", "exclude")),
  ARG(ImmutableSet.of()),
  CMD(ImmutableSet.of()),
  COPY(ImmutableSet.of("from", "chown", "chmod", "link", "parents", "exclude")),
  ENTRYPOINT(ImmutableSet.of()),
  ENV(ImmutableSet.of()),
  EXPOSE(ImmutableSet.of()),
  FROM(ImmutableSet.of("platform")),
  HEALTHCHECK(ImmutableSet.of("interval", "timeout", "start-period", "start-interval", "retries")),
  LABEL(ImmutableSet.of()),
  MAINTAINER(ImmutableSet.of()),
  ONBUILD(ImmutableSet.of()),
  RUN(ImmutableSet.of("mount", "network", "security", "device")),
  SHELL(ImmutableSet.of()),
  STOPSIGNAL(ImmutableSet.of()),
  USER(ImmutableSet.of()),
  VOLUME(ImmutableSet.of()),
  WORKDIR(ImmutableSet.of());

  private final ImmutableSet<String> flags;

  Keyword(ImmutableSet<String> flags) {
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

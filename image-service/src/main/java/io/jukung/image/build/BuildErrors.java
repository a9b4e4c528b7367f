package io.jukung.image.build;

import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import java.util.Arrays;
import java.util.List;

/** Errors of builds, with the place in the Dockerfile. */
final class BuildErrors {
  /** How many lines before and after the instruction are shown. */
  private static final int AROUND = 2;

  private static final int MAX_LINES = 40;

  private BuildErrors() {}

  static CriException unimplemented(String what) {
    return new CriException(ErrorKind.UNIMPLEMENTED, what + " is not implemented");
  }

  /** The same error with the line of the Dockerfile before it, unless it has that already. */
  static CriException at(int line, CriException e) {
    String message = String.valueOf(e.getMessage());
    return message.startsWith("Dockerfile:")
        ? e
        : new CriException(e.kind(), "Dockerfile:" + line + ": " + message, e);
  }

  /**
   * The lines of an instruction, marked, and those around it, in docker's form.
   *
   * @param first from 1
   */
  static String excerpt(String dockerfile, int first, int last) {
    List<String> lines = Arrays.asList(dockerfile.split("\n", -1));
    StringBuilder text = new StringBuilder();
    int to = Math.min(lines.size(), Math.min(last, first + MAX_LINES) + AROUND);
    for (int number = Math.max(1, first - AROUND); number <= to; number++) {
      String mark = number >= first && number <= last ? ">>>" : "   ";
      text.append("%4d | %s %s%n".formatted(number, mark, lines.get(number - 1).stripTrailing()));
    }
    return text.toString();
  }
}

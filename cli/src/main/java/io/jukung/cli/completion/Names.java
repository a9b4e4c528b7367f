package io.jukung.cli.completion;

import java.util.List;

/** The names that the daemon knows. An implementation returns no names where it cannot ask. */
interface Names {
  List<Candidate> containers();

  List<Candidate> pods();

  List<Candidate> images();
}

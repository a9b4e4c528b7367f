package io.jukung.runtime.doctor;

import java.io.IOException;
import java.util.List;

/** One look at the node. */
interface Check {
  /** The name of the check, for the finding that it could not be made. */
  String name();

  /** Returns at least one finding. */
  List<Finding> run() throws IOException;
}

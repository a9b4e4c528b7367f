package io.jukung.runtime.cgroup;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * The name of a systemd slice, for example {@code kubepods-burstable.slice}. Each dash in the name
 * is one level in the cgroup tree (systemd.slice(5)).
 *
 * @param name the name with its suffix
 */
public record SliceName(String name) {
  private static final String SUFFIX = ".slice";
  private static final Pattern UNIT_CHARACTERS = Pattern.compile("[A-Za-z0-9:_.\\\\-]+");
  private static final int MAX_LENGTH = 255;

  public SliceName {
    if (!name.endsWith(SUFFIX)
        || name.length() > MAX_LENGTH
        || !UNIT_CHARACTERS.matcher(name).matches()
        || (!name.equals("-.slice") && List.of(stem(name).split("-", -1)).contains(""))) {
      throw new IllegalArgumentException("\"" + name + "\" is not the name of a slice");
    }
  }

  /**
   * Reads the parent that kubelet names for a pod: a slice, the path of a slice, or the path that
   * the cgroupfs driver would use. In the last form dashes become underscores, as in kubelet's own
   * conversion.
   *
   * @throws IllegalArgumentException if the text is none of these
   */
  public static SliceName parse(String parent) {
    String last = parent.substring(parent.lastIndexOf('/') + 1);
    if (last.endsWith(SUFFIX)) {
      SliceName slice = new SliceName(last);
      if (parent.contains("/") && !("/" + parent).replace("//", "/").equals(slice.path())) {
        throw new IllegalArgumentException(
            "\"" + parent + "\" is not the path of slice " + last + ", which is " + slice.path());
      }
      return slice;
    }
    List<String> steps = new ArrayList<>();
    for (String step : parent.split("/", -1)) {
      if (step.equals(".") || step.equals("..")) {
        throw new IllegalArgumentException("\"" + parent + "\" is not the path of a cgroup");
      }
      if (!step.isEmpty()) {
        steps.add(step.replace('-', '_'));
      }
    }
    return new SliceName(String.join("-", steps) + SUFFIX);
  }

  /**
   * The path of the slice's cgroup, for example {@code /kubepods.slice/kubepods-burstable.slice};
   * empty for the root slice.
   */
  public String path() {
    if (name.equals("-.slice")) {
      return "";
    }
    StringBuilder path = new StringBuilder();
    String stem = stem(name);
    for (int dash = stem.indexOf('-'); dash >= 0; dash = stem.indexOf('-', dash + 1)) {
      path.append('/').append(stem, 0, dash).append(SUFFIX);
    }
    return path.append('/').append(name).toString();
  }

  /** The name without its suffix. */
  public String stem() {
    return stem(name);
  }

  private static String stem(String name) {
    return name.substring(0, name.length() - SUFFIX.length());
  }
}

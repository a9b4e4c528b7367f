package io.jukung.runtime.pod;

import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import io.jukung.linux.namespace.IdMappings;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The ids of the host that user namespaces of own pods may have: those that subuid(5) or subgid(5)
 * gives to the user {@link #OWNER}. Without such a line they are ids that systemd's list of user
 * ids (UIDS-GIDS) leaves unused, except for those that the file gives to somebody else.
 */
record SubordinateIds(List<IdMappings.Range> usable, List<IdMappings.Range> taken) {
  /** The user of the files whose ids are for pods. No account of this name is needed. */
  static final String OWNER = "jukung";

  /** The ids of one pod, as many as kubelet gives one: all that accounts in images have. */
  static final long POD_IDS = 65_536;

  /**
   * From 0x70000000 on no program is known to take ids by itself. The last 65,536 of the 31-bit
   * numbers are nobody's, and those before them are systemd's "foreign" range.
   */
  private static final IdMappings.Range UNUSED = new IdMappings.Range(0x7000_0000L, 0x0FFE_0000L);

  /** A longer file is not one that an administrator has written. */
  private static final int MAX_BYTES = 1 << 20;

  private static final Pattern LINE = Pattern.compile("([^:]*):([0-9]{1,10}):([0-9]{1,10})");

  SubordinateIds {
    usable = List.copyOf(usable);
    taken = List.copyOf(taken);
  }

  /**
   * Reads the file. Lines that subuid(5) does not allow are ignored, as its other readers do.
   *
   * @param file need not exist
   */
  static SubordinateIds read(Path file) throws IOException {
    byte[] content;
    try (InputStream in = Files.newInputStream(file)) {
      content = in.readNBytes(MAX_BYTES + 1);
    } catch (NoSuchFileException e) {
      return parse("");
    }
    if (content.length > MAX_BYTES) {
      throw new IOException(file + " is longer than " + MAX_BYTES + " bytes");
    }
    return parse(new String(content, StandardCharsets.UTF_8));
  }

  static SubordinateIds parse(String text) {
    List<IdMappings.Range> own = new ArrayList<>();
    List<IdMappings.Range> others = new ArrayList<>();
    text.lines()
        .map(line -> LINE.matcher(line.strip()))
        .filter(Matcher::matches)
        .forEach(
            line ->
                range(Long.parseLong(line.group(2)), Long.parseLong(line.group(3)))
                    .ifPresent((line.group(1).equals(OWNER) ? own : others)::add));
    // What the administrator gives to the pods may well be within somebody else's ids.
    return own.isEmpty()
        ? new SubordinateIds(List.of(UNUSED), others)
        : new SubordinateIds(own, List.of());
  }

  private static Optional<IdMappings.Range> range(long first, long length) {
    try {
      return Optional.of(new IdMappings.Range(first, length));
    } catch (IllegalArgumentException e) {
      return Optional.empty(); // there are no such ids
    }
  }

  /**
   * Returns the lowest ids for one more pod.
   *
   * @param inUse the ids of other pods
   * @param file for the error text
   * @throws CriException RESOURCE_EXHAUSTED if there are no more
   */
  IdMappings.Range free(Collection<IdMappings.Range> inUse, Path file) {
    List<IdMappings.Range> busy =
        Stream.concat(inUse.stream(), taken.stream())
            .sorted(Comparator.comparingLong(IdMappings.Range::firstHostId))
            .toList();
    for (IdMappings.Range each : usable) {
      long first = each.firstHostId();
      for (IdMappings.Range other : busy) {
        if (first < end(other) && other.firstHostId() < first + POD_IDS) {
          first = end(other);
        }
      }
      if (first + POD_IDS <= end(each)) {
        return new IdMappings.Range(first, POD_IDS);
      }
    }
    throw new CriException(
        ErrorKind.RESOURCE_EXHAUSTED,
        "RunPodSandbox: no "
            + POD_IDS
            + " ids are free for the user namespace of the pod: give the user "
            + OWNER
            + " more of them in "
            + file);
  }

  private static long end(IdMappings.Range range) {
    return range.firstHostId() + range.length();
  }
}

package io.jukung.runtime.cdi;

import io.jukung.cri.CriException;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The node's CDI devices. The files are read anew for each container that asks for a device: they
 * come and go with drivers, and nobody else pays.
 *
 * <p>Hooks are refused: they are programs with all rights of the node that run half inside a
 * container, which a launch of jukung has no place for. So is what sets up resctrl or network
 * devices. Thread-safe.
 */
public final class CdiDevices {
  /** Annotations that device plugins set where a client is too old for the field. */
  private static final String ANNOTATION_PREFIX = "cdi.k8s.io/";

  /** Files of one directory that are looked at. */
  private static final int MAX_FILES = 1000;

  private final List<Path> directories;

  /**
   * Devices that are described in these.
   *
   * @param directories a device of a later one replaces that of an earlier one
   */
  public CdiDevices(List<Path> directories) {
    this.directories = List.copyOf(directories);
  }

  /** The names that a request and its annotations ask for, each once. */
  public static Set<String> requested(List<String> field, Map<String, String> annotations) {
    Set<String> names = new LinkedHashSet<>(field);
    annotations.forEach(
        (key, value) -> {
          if (key.startsWith(ANNOTATION_PREFIX)) {
            names.addAll(Arrays.asList(value.split(",", -1)));
          }
        });
    for (String name : names) {
      if (!CdiSpec.isQualified(name)) {
        throw CriException.invalidArgument(
            "CDI device \"" + name + "\" is not of the form vendor/class=device");
      }
    }
    return names;
  }

  /** Where a device stands. */
  private record Found(Path file, CdiSpec spec, CdiEdits edits) {}

  /**
   * All that the devices change.
   *
   * @param names from {@link #requested}
   */
  public CdiEdits edits(Collection<String> names) throws IOException {
    if (names.isEmpty()) {
      return CdiEdits.NONE;
    }
    Catalogue catalogue = new Catalogue();
    for (Path directory : directories) {
      catalogue.read(directory);
    }
    CdiEdits edits = CdiEdits.NONE;
    Set<Path> files = new LinkedHashSet<>();
    for (String name : names) {
      Found found = catalogue.get(name);
      CdiEdits common = found.spec().containerEdits();
      if (common != null && files.add(found.file())) {
        edits = edits.and(carriedOut(name, common));
      }
      edits = edits.and(carriedOut(name, found.edits()));
    }
    return edits;
  }

  private static CdiEdits carriedOut(String name, CdiEdits edits) {
    if (!edits.hooks().isEmpty()) {
      CdiEdits.Hook hook = edits.hooks().getFirst();
      throw CriException.failedPrecondition(
          "CDI device "
              + name
              + " wants the hook "
              + hook.hookName()
              + " "
              + hook.path()
              + ", and hooks are not implemented");
    }
    if (CdiSpec.isSaid(edits.intelRdt())) {
      throw CriException.failedPrecondition(
          "CDI device " + name + " wants intelRdt, which is not implemented");
    }
    if (CdiSpec.isSaid(edits.netDevices())) {
      throw CriException.failedPrecondition(
          "CDI device " + name + " wants netDevices, which is not implemented");
    }
    return edits;
  }

  /** What one reading of the directories has found. */
  private static final class Catalogue {
    private final Map<String, Found> devices = new LinkedHashMap<>();
    private final Map<String, String> conflicts = new LinkedHashMap<>();
    private final List<String> unreadable = new ArrayList<>();

    void read(Path directory) throws IOException {
      Map<String, Found> here = new LinkedHashMap<>();
      Map<String, String> twice = new LinkedHashMap<>();
      for (Path file : files(directory)) {
        try {
          add(file, CdiSpec.read(file), here, twice);
        } catch (IOException e) {
          unreadable.add(file + ": " + e.getMessage()); // told to who misses a device
        }
      }
      here.keySet().forEach(conflicts::remove); // settled by a later directory
      devices.putAll(here);
      conflicts.putAll(twice);
    }

    private static void add(
        Path file, CdiSpec spec, Map<String, Found> here, Map<String, String> twice) {
      for (CdiSpec.Device device : Optional.ofNullable(spec.devices()).orElse(List.of())) {
        String name = spec.kind() + "=" + device.name();
        CdiEdits edits = Optional.ofNullable(device.containerEdits()).orElse(CdiEdits.NONE);
        Found earlier = here.put(name, new Found(file, spec, edits));
        if (earlier != null) {
          twice.put(name, earlier.file() + " and " + file);
        }
      }
    }

    private static List<Path> files(Path directory) throws IOException {
      if (!Files.isDirectory(directory)) {
        return List.of();
      }
      List<Path> files = new ArrayList<>();
      try (DirectoryStream<Path> entries =
          Files.newDirectoryStream(
              directory, each -> CdiSpec.isSpec(each) && Files.isRegularFile(each))) {
        for (Path each : entries) {
          files.add(each);
          if (files.size() > MAX_FILES) {
            throw new IOException("more than " + MAX_FILES + " CDI files in " + directory);
          }
        }
      }
      files.sort(null);
      return files;
    }

    Found get(String name) {
      String conflict = conflicts.get(name);
      if (conflict != null) {
        throw CriException.failedPrecondition(
            "CDI device " + name + " is described twice, in " + conflict);
      }
      Found found = devices.get(name);
      if (found == null) {
        throw CriException.invalidArgument(
            "there is no CDI device "
                + name
                + (unreadable.isEmpty()
                    ? ""
                    : "; not understood: " + String.join("; ", unreadable)));
      }
      return found;
    }
  }
}

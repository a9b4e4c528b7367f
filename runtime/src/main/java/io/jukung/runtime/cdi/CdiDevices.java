package io.jukung.runtime.cdi;

import io.jukung.cri.CriException;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Finds the node's CDI devices. The CDI files are read again for each container that asks for a
 * device, because drivers add and remove them. Other containers do not read them.
 *
 * <p>Hooks are programs that run with the node's privileges. A device with hooks is refused unless
 * its file and the programs are root's alone, see {@link HookFiles}. Devices that set up resctrl or
 * network devices are refused. Thread-safe.
 */
public final class CdiDevices {
  /** Old clients, which do not know the request's field, pass device names as annotations. */
  private static final String ANNOTATION_PREFIX = "cdi.k8s.io/";

  /** The most CDI files that one directory may have. */
  private static final int MAX_FILES = 1000;

  private static final Set<String> MOMENTS =
      Set.of(
          "prestart",
          "createRuntime",
          "createContainer",
          "startContainer",
          "poststart",
          "poststop");

  /** Runs inside the container, with its rights. */
  private static final String IN_CONTAINER = "startContainer";

  private volatile List<Path> directories;
  private volatile HookFiles hookFiles;

  /**
   * The devices that CDI files in these directories describe.
   *
   * @param directories a device in a later directory replaces one of that name in an earlier one
   * @param hookDirectories hooks may be programs in these directories
   */
  public CdiDevices(List<Path> directories, List<Path> hookDirectories) {
    this.directories = List.copyOf(directories);
    this.hookFiles = new HookFiles(hookDirectories);
  }

  /** Reads other directories from now on, for containers that are created later. */
  public void use(List<Path> others, List<Path> hookDirectories) {
    directories = List.copyOf(others);
    hookFiles = new HookFiles(hookDirectories);
  }

  /**
   * Checks a program of the node that is to run as a hook now.
   *
   * @throws CriException FAILED_PRECONDITION if it may not
   */
  public Path requireHookFile(Path program) throws IOException {
    return hookFiles.require(program);
  }

  /**
   * The device names in a request's field and in its annotations, each once.
   *
   * @throws CriException INVALID_ARGUMENT if one is not of the form {@code vendor/class=device}
   */
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
            "CDI device \""
                + name
                + "\" (config.CDI_devices, or an annotation) is not of the form"
                + " vendor/class=device");
      }
    }
    return names;
  }

  /** A device, and the file that describes it. */
  private record Found(Path file, CdiSpec spec, CdiEdits edits) {}

  /**
   * The changes that all the devices make to a container.
   *
   * @param names the result of {@link #requested}
   * @throws CriException INVALID_ARGUMENT if a device does not exist; FAILED_PRECONDITION if it is
   *     described twice, or needs something that is not implemented
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
        edits = edits.and(checked(name, found.file(), common));
      }
      edits = edits.and(checked(name, found.file(), found.edits()));
    }
    return edits;
  }

  private CdiEdits checked(String name, Path file, CdiEdits edits) throws IOException {
    for (CdiEdits.Hook hook : edits.hooks()) {
      check(name, file, hook);
    }
    if (CdiSpec.isSet(edits.intelRdt())) {
      throw CriException.failedPrecondition(
          "CDI device " + name + " needs intelRdt, which is not implemented");
    }
    if (CdiSpec.isSet(edits.netDevices())) {
      throw CriException.failedPrecondition(
          "CDI device " + name + " needs netDevices, which is not implemented");
    }
    return edits;
  }

  private void check(String name, Path file, CdiEdits.Hook hook) throws IOException {
    String prefix = "CDI device " + name + " has a hook ";
    if (!MOMENTS.contains(hook.hookName())) {
      throw CriException.failedPrecondition(
          prefix + hook.hookName() + ", which is no moment of the OCI runtime specification");
    }
    if (hook.path() == null || !hook.path().startsWith("/")) {
      throw CriException.failedPrecondition(
          prefix + "whose path " + hook.path() + " is not absolute");
    }
    Integer timeout = hook.timeout();
    if (timeout != null && timeout <= 0) {
      throw CriException.failedPrecondition(
          prefix + hook.path() + " whose timeout " + timeout + " is not above 0");
    }
    try {
      // Whoever can write to a directory can put another file in the place of this one.
      Path real = file.toRealPath();
      for (Path each : List.of(real, parent(real), parent(file.toAbsolutePath()).toRealPath())) {
        HookFiles.requireRootsOwn(Path.of(hook.path()), each);
      }
      if (!hook.hookName().equals(IN_CONTAINER)) {
        hookFiles.require(Path.of(hook.path()));
      }
    } catch (CriException e) {
      throw CriException.failedPrecondition("CDI device " + name + ": " + e.getMessage());
    }
  }

  private static Path parent(Path file) {
    return Objects.requireNonNull(file.getParent(), "an absolute file has a directory");
  }

  /** The devices, conflicts and unreadable files that one pass over the directories has found. */
  private static final class Catalogue {
    private final Map<String, Found> devices = new LinkedHashMap<>();
    private final Map<String, String> conflicts = new LinkedHashMap<>();
    private final List<String> unreadable = new ArrayList<>();

    /** Why a file could not be read now; null if all could. A missing device may be in it. */
    private @Nullable IOException failure;

    void read(Path directory) throws IOException {
      Map<String, Found> here = new LinkedHashMap<>();
      Map<String, String> twice = new LinkedHashMap<>();
      for (Path file : files(directory)) {
        try {
          add(file, CdiSpec.read(file), here, twice);
        } catch (CdiSpec.Malformed | NoSuchFileException e) {
          unreadable.add(file + ": " + e.getMessage()); // part of the error if a device is missing
        } catch (IOException e) {
          failure = new IOException("read the CDI file " + file + ": " + e.getMessage(), e);
        }
      }
      here.keySet().forEach(conflicts::remove); // a later directory settles the conflict
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
            throw new IOException(
                "list the CDI files in " + directory + ": there are more than " + MAX_FILES);
          }
        }
      }
      files.sort(null);
      return files;
    }

    Found get(String name) throws IOException {
      String conflict = conflicts.get(name);
      if (conflict != null) {
        throw CriException.failedPrecondition(
            "CDI device " + name + " is described twice, in " + conflict);
      }
      Found found = devices.get(name);
      if (found == null && failure != null) {
        throw failure;
      }
      if (found == null) {
        throw CriException.invalidArgument(
            "there is no CDI device "
                + name
                + (unreadable.isEmpty()
                    ? ""
                    : "; unreadable CDI files: " + String.join("; ", unreadable)));
      }
      return found;
    }
  }
}

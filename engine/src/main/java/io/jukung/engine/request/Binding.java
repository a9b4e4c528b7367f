package io.jukung.engine.request;

import com.fasterxml.jackson.databind.JsonNode;
import io.jukung.cri.v1.MountPropagation;
import io.jukung.engine.http.HttpError;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A mount that a container asks for: an entry of HostConfig.Binds, HostConfig.Mounts,
 * HostConfig.Tmpfs or Config.Volumes.
 *
 * @param source a path of the host; the name of a volume; the name or the ID of an image; empty for
 *     an anonymous volume or a tmpfs
 * @param recursiveReadonly for a path of the host: whether mounts below it are read-only too
 * @param relabel for a path of the host: whether its files get the container's SELinux label
 * @param copy for a volume: whether an empty one gets what the image has at the target
 * @param part the directory of a volume or the path of an image that is mounted; empty for all
 * @param options of a volume's driver
 * @param labels of a volume
 * @param tmpfs options of a tmpfs
 */
public record Binding(
    Kind kind,
    String source,
    String target,
    boolean readonly,
    boolean recursiveReadonly,
    boolean relabel,
    MountPropagation propagation,
    boolean copy,
    String part,
    Map<String, String> options,
    Map<String, String> labels,
    List<String> tmpfs) {
  /** What docker gives a tmpfs that says nothing else. */
  private static final List<String> TMPFS_DEFAULTS = List.of("nosuid", "nodev", "noexec");

  /** Exists on a node with SELinux. */
  private static final Path SELINUX = Path.of("/sys/fs/selinux/enforce");

  public enum Kind {
    BIND,
    VOLUME,
    TMPFS,
    IMAGE
  }

  public Binding {
    if (!target.startsWith("/")) {
      throw HttpError.badRequest(
          "invalid mount: the target \"" + target + "\" is not an absolute path");
    }
    if (kind == Kind.BIND && !source.startsWith("/")) {
      throw HttpError.badRequest(
          "invalid mount: the source \"" + source + "\" is not an absolute path");
    }
  }

  /** An anonymous volume, an entry of Config.Volumes. */
  static Binding anonymous(String target) {
    return new Draft(Kind.VOLUME, "", target).done();
  }

  /** An entry of HostConfig.Binds: {@code SOURCE:TARGET[:OPTIONS]}, or {@code TARGET}. */
  static Binding ofBind(String text) {
    String[] parts = text.split(":", -1);
    if (parts.length > 3 || (parts.length > 1 && parts[0].isEmpty())) {
      throw HttpError.badRequest("invalid volume specification: \"" + text + "\"");
    }
    if (parts.length == 1) {
      return anonymous(text);
    }
    Draft draft = new Draft(parts[0].startsWith("/") ? Kind.BIND : Kind.VOLUME, parts[0], parts[1]);
    for (String option : parts.length == 3 ? parts[2].split(",", -1) : new String[0]) {
      draft.option(option, text);
    }
    return draft.done();
  }

  /** An entry of HostConfig.Tmpfs: where it is mounted, and options such as {@code size=64m}. */
  static Binding ofTmpfs(String target, String options) {
    Draft draft = new Draft(Kind.TMPFS, "", target);
    draft.tmpfs.addAll(TMPFS_DEFAULTS);
    if (!options.isEmpty()) {
      draft.tmpfs.addAll(List.of(options.split(",", -1)));
    }
    return draft.done();
  }

  /** An entry of HostConfig.Mounts, an object whose field Type says what is mounted. */
  static Binding ofMount(JsonNode mount) {
    Fields fields = new Fields("HostConfig.Mounts", mount).without("Consistency");
    Kind kind =
        switch (fields.text("Type")) {
          case "bind" -> Kind.BIND;
          case "volume" -> Kind.VOLUME;
          case "tmpfs" -> Kind.TMPFS;
          case "image" -> Kind.IMAGE;
          default ->
              throw HttpError.notImplemented("HostConfig.Mounts.Type " + fields.text("Type"));
        };
    Draft draft = new Draft(kind, fields.text("Source"), fields.text("Target"));
    draft.readonly = fields.flag("ReadOnly");
    switch (kind) {
      case BIND -> bind(draft, fields.object("BindOptions"));
      case VOLUME -> volume(draft, fields.object("VolumeOptions"));
      case TMPFS -> memory(draft, fields.object("TmpfsOptions"));
      case IMAGE -> image(draft, fields.object("ImageOptions"));
    }
    fields.requireNoOther();
    return draft.done();
  }

  private static void bind(Draft draft, Fields options) {
    // A mount below a path that is read-only stays writable without ReadOnlyForceRecursive.
    options.without("ReadOnlyNonRecursive");
    String propagation = options.text("Propagation");
    if (!propagation.isEmpty()) {
      draft.propagation = propagation(propagation);
    }
    draft.recursiveReadonly = options.flag("ReadOnlyForceRecursive");
    boolean create = options.flag("CreateMountpoint");
    options.requireNoOther();
    if (!create && !Files.exists(Path.of(draft.source))) {
      throw HttpError.badRequest(
          "invalid mount config for type \"bind\": bind source path does not exist: "
              + draft.source);
    }
  }

  private static void volume(Draft draft, Fields options) {
    draft.copy = !options.flag("NoCopy");
    draft.labels.putAll(options.map("Labels"));
    draft.part = part(options, draft.source);
    Fields driver = options.object("DriverConfig");
    String name = driver.text("Name");
    if (!name.isEmpty() && !name.equals("local")) {
      throw HttpError.notImplemented("HostConfig.Mounts.VolumeOptions.DriverConfig.Name " + name);
    }
    draft.options.putAll(driver.map("Options"));
    driver.requireNoOther();
    options.requireNoOther();
  }

  private static void image(Draft draft, Fields options) {
    draft.part = part(options, draft.source);
    options.requireNoOther();
  }

  private static String part(Fields options, String source) {
    String text = options.text("Subpath");
    if (text.isEmpty()) {
      return "";
    }
    if (source.isEmpty()) {
      throw HttpError.badRequest("invalid mount config: Subpath needs a Source");
    }
    Path path = Path.of(text).normalize();
    if (path.isAbsolute() || path.startsWith("..") || path.toString().isEmpty()) {
      throw HttpError.badRequest(
          "invalid mount config: Subpath \"" + text + "\" is not a path in the source");
    }
    return path.toString();
  }

  private static void memory(Draft draft, Fields options) {
    long size = options.number("SizeBytes");
    long mode = options.number("Mode");
    draft.tmpfs.addAll(TMPFS_DEFAULTS);
    if (size > 0) {
      draft.tmpfs.add("size=" + size);
    }
    if (mode > 0) {
      draft.tmpfs.add("mode=" + Long.toOctalString(mode));
    }
    for (JsonNode option : options.get("Options")) {
      List<String> parts = new ArrayList<>();
      option.forEach(each -> parts.add(each.asText()));
      draft.tmpfs.add(String.join("=", parts));
    }
    options.requireNoOther();
    if (draft.readonly) {
      draft.tmpfs.add("ro");
    }
  }

  private static MountPropagation propagation(String word) {
    return switch (word) {
      case "rprivate", "private" -> MountPropagation.PROPAGATION_PRIVATE;
      case "rslave", "slave" -> MountPropagation.PROPAGATION_HOST_TO_CONTAINER;
      case "rshared", "shared" -> MountPropagation.PROPAGATION_BIDIRECTIONAL;
      default -> throw HttpError.badRequest("invalid propagation mode: " + word);
    };
  }

  /** What is read so far. */
  private static final class Draft {
    private final Kind kind;
    private final String source;
    private final String target;
    private boolean readonly;
    private boolean recursiveReadonly;
    private boolean relabel;
    private MountPropagation propagation = MountPropagation.PROPAGATION_PRIVATE;
    private boolean copy = true;
    private String part = "";
    private final Map<String, String> options = new LinkedHashMap<>();
    private final Map<String, String> labels = new LinkedHashMap<>();
    private final List<String> tmpfs = new ArrayList<>();

    Draft(Kind kind, String source, String target) {
      this.kind = kind;
      this.source = source;
      this.target = target;
    }

    /** An option of an entry of HostConfig.Binds. */
    void option(String option, String text) {
      switch (option) {
        case "ro" -> readonly = true;
        case "nocopy" -> copy = false;
        case "private", "rprivate", "slave", "rslave", "shared", "rshared" ->
            propagation = propagation(option);
        case "Z" -> relabel = true;
        case "z" -> {
          // Docker ignores it on a node without SELinux, too.
          if (Files.exists(SELINUX)) {
            throw notImplemented(option, text);
          }
        }
        // The last three are about shared directories of other systems, and nothing on Linux.
        case "rw", "", "consistent", "cached", "delegated" -> {}
        default -> throw notImplemented(option, text);
      }
    }

    private static HttpError notImplemented(String option, String text) {
      return HttpError.notImplemented("option " + option + " of HostConfig.Binds \"" + text + "\"");
    }

    Binding done() {
      // A word that allows something takes the default away that forbids it.
      tmpfs.removeIf(each -> each.startsWith("no") && tmpfs.contains(each.substring(2)));
      return new Binding(
          kind,
          source,
          target,
          readonly || tmpfs.contains("ro"),
          recursiveReadonly,
          relabel,
          propagation,
          // What the image has at the target belongs at the root of a volume.
          copy && part.isEmpty(),
          part,
          Map.copyOf(options),
          Map.copyOf(labels),
          List.copyOf(tmpfs));
    }
  }
}

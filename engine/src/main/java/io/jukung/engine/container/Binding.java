package io.jukung.engine.container;

import com.fasterxml.jackson.databind.JsonNode;
import io.jukung.cri.v1.MountPropagation;
import io.jukung.engine.http.HttpError;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A mount that a container asks for: an entry of HostConfig.Binds, HostConfig.Mounts,
 * HostConfig.Tmpfs or Config.Volumes.
 *
 * @param source a path of the host; the name of a volume; empty for an anonymous volume or a tmpfs
 * @param copy for a volume: whether an empty one gets what the image has at the target
 * @param options of a volume's driver
 * @param labels of a volume
 * @param tmpfs options of a tmpfs
 */
record Binding(
    Kind kind,
    String source,
    String target,
    boolean readonly,
    MountPropagation propagation,
    boolean copy,
    Map<String, String> options,
    Map<String, String> labels,
    List<String> tmpfs) {
  /** What docker gives a tmpfs that says nothing else. */
  private static final List<String> TMPFS_DEFAULTS = List.of("nosuid", "nodev", "noexec");

  enum Kind {
    BIND,
    VOLUME,
    TMPFS
  }

  Binding {
    if (!target.startsWith("/")) {
      throw HttpError.badRequest(
          "invalid mount: the target \"" + target + "\" is not an absolute path");
    }
    if (kind == Kind.BIND && !source.startsWith("/")) {
      throw HttpError.badRequest(
          "invalid mount: the source \"" + source + "\" is not an absolute path");
    }
  }

  private static Binding volume(String name, String target) {
    return new Binding(
        Kind.VOLUME,
        name,
        target,
        false,
        MountPropagation.PROPAGATION_PRIVATE,
        true,
        Map.of(),
        Map.of(),
        List.of());
  }

  /** An anonymous volume, an entry of Config.Volumes. */
  static Binding anonymous(String target) {
    return volume("", target);
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
    boolean readonly = false;
    boolean copy = true;
    MountPropagation propagation = MountPropagation.PROPAGATION_PRIVATE;
    for (String option : parts.length == 3 ? parts[2].split(",", -1) : new String[0]) {
      switch (option) {
        case "ro" -> readonly = true;
        case "nocopy" -> copy = false;
        case "rprivate", "rslave", "rshared" -> propagation = propagation(option);
        case "rw", "" -> {}
        default ->
            throw HttpError.notImplemented(
                "option " + option + " of HostConfig.Binds \"" + text + "\"");
      }
    }
    return new Binding(
        parts[0].startsWith("/") ? Kind.BIND : Kind.VOLUME,
        parts[0],
        parts[1],
        readonly,
        propagation,
        copy,
        Map.of(),
        Map.of(),
        List.of());
  }

  /** An entry of HostConfig.Tmpfs. */
  static Binding ofTmpfs(String target, String options) {
    List<String> words = new ArrayList<>(TMPFS_DEFAULTS);
    if (!options.isEmpty()) {
      words.addAll(List.of(options.split(",", -1)));
    }
    return tmpfs(target, words);
  }

  private static Binding tmpfs(String target, List<String> words) {
    // A word that allows something takes the default away that forbids it.
    words.removeIf(each -> each.startsWith("no") && words.contains(each.substring(2)));
    return new Binding(
        Kind.TMPFS,
        "",
        target,
        words.contains("ro"),
        MountPropagation.PROPAGATION_PRIVATE,
        false,
        Map.of(),
        Map.of(),
        List.copyOf(words));
  }

  /** An entry of HostConfig.Mounts. */
  static Binding ofMount(JsonNode mount) {
    Fields fields = new Fields("HostConfig.Mounts", mount).without("Consistency");
    String target = fields.text("Target");
    String source = fields.text("Source");
    boolean readonly = fields.flag("ReadOnly");
    Binding made =
        switch (fields.text("Type")) {
          case "bind" -> bind(fields, source, target, readonly);
          case "volume" -> named(fields, source, target, readonly);
          case "tmpfs" -> memory(fields, target, readonly);
          default ->
              throw HttpError.notImplemented("HostConfig.Mounts.Type " + fields.text("Type"));
        };
    fields.requireNoOther();
    return made;
  }

  private static Binding bind(Fields fields, String source, String target, boolean readonly) {
    Fields options = fields.object("BindOptions").without("CreateMountpoint");
    String propagation = options.text("Propagation");
    boolean create = options.flag("CreateMountpoint");
    options.requireNoOther();
    if (!create && !java.nio.file.Files.exists(Path.of(source))) {
      throw HttpError.badRequest(
          "invalid mount config for type \"bind\": bind source path does not exist: " + source);
    }
    return new Binding(
        Kind.BIND,
        source,
        target,
        readonly,
        propagation.isEmpty() ? MountPropagation.PROPAGATION_PRIVATE : propagation(propagation),
        false,
        Map.of(),
        Map.of(),
        List.of());
  }

  private static Binding named(Fields fields, String source, String target, boolean readonly) {
    Fields options = fields.object("VolumeOptions");
    boolean noCopy = options.flag("NoCopy");
    Map<String, String> labels = options.map("Labels");
    Fields driver = options.object("DriverConfig");
    String name = driver.text("Name");
    if (!name.isEmpty() && !name.equals("local")) {
      throw HttpError.notImplemented("HostConfig.Mounts.VolumeOptions.DriverConfig.Name " + name);
    }
    Map<String, String> driverOptions = new LinkedHashMap<>(driver.map("Options"));
    driver.requireNoOther();
    options.requireNoOther();
    return new Binding(
        Kind.VOLUME,
        source,
        target,
        readonly,
        MountPropagation.PROPAGATION_PRIVATE,
        !noCopy,
        driverOptions,
        labels,
        List.of());
  }

  private static Binding memory(Fields fields, String target, boolean readonly) {
    Fields options = fields.object("TmpfsOptions");
    long size = options.number("SizeBytes");
    long mode = options.number("Mode");
    List<String> words = new ArrayList<>(TMPFS_DEFAULTS);
    if (size > 0) {
      words.add("size=" + size);
    }
    if (mode > 0) {
      words.add("mode=" + Long.toOctalString(mode));
    }
    for (JsonNode option : options.get("Options")) {
      List<String> parts = new ArrayList<>();
      option.forEach(each -> parts.add(each.asText()));
      words.add(String.join("=", parts));
    }
    options.requireNoOther();
    if (readonly) {
      words.add("ro");
    }
    return tmpfs(target, words);
  }

  private static MountPropagation propagation(String word) {
    return switch (word) {
      case "rprivate", "private" -> MountPropagation.PROPAGATION_PRIVATE;
      case "rslave", "slave" -> MountPropagation.PROPAGATION_HOST_TO_CONTAINER;
      case "rshared", "shared" -> MountPropagation.PROPAGATION_BIDIRECTIONAL;
      default -> throw HttpError.badRequest("invalid propagation mode: " + word);
    };
  }
}

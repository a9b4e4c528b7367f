package io.jukung.cli.run;

import io.jukung.cli.command.CliException;
import io.jukung.cri.v1.MountPropagation;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * A mount as {@code -v}, {@code --mount} or {@code --tmpfs} names it, in docker's grammar.
 *
 * @param source a path of the host; the name of a volume; empty for an anonymous volume or a tmpfs
 * @param target the absolute path in the container
 * @param mustExist for a path of the host: whether a missing directory is an error, as with {@code
 *     --mount}, or is made, as with {@code -v}
 * @param copy for a volume: whether an empty one gets what the image has at the target
 * @param part for a volume: the directory of it that is mounted; empty for the whole volume
 * @param options for a volume: the options of its driver; it is made with them
 * @param labels for a volume: it is made with them
 * @param tmpfs for a tmpfs: the options of the mount
 */
record MountArgument(
    Kind kind,
    String source,
    String target,
    boolean readonly,
    boolean mustExist,
    MountPropagation propagation,
    boolean copy,
    String part,
    Map<String, String> options,
    Map<String, String> labels,
    List<String> tmpfs) {

  enum Kind {
    BIND,
    VOLUME,
    TMPFS
  }

  /** What docker gives a tmpfs that says nothing else. */
  private static final List<String> TMPFS_DEFAULTS = List.of("nosuid", "nodev", "noexec");

  /**
   * Reads the value of {@code -v}: {@code [HOST:|NAME:]CONTAINER[:OPTIONS]}.
   *
   * @throws CliException with the exit code for wrong usage
   */
  static MountArgument ofVolume(String text) {
    String[] parts = text.split(":", -1);
    int target = parts.length == 1 ? 0 : 1;
    if (parts.length > 3
        || !parts[target].startsWith("/")
        || (parts.length > 1 && parts[0].isEmpty())) {
      throw CliException.usage(
          "not a volume: \""
              + text
              + "\" (write HOST:CONTAINER, NAME:CONTAINER or CONTAINER, and perhaps :ro)");
    }
    String source = target == 0 ? "" : parts[0];
    boolean bind = source.startsWith("/") || source.startsWith(".") || source.startsWith("~");
    if (!bind && source.contains("/")) {
      throw CliException.usage(
          "volume \"" + text + "\": write \"./" + source + "\" for the directory here");
    }
    Draft draft = new Draft(bind ? Kind.BIND : Kind.VOLUME, source, parts[target]);
    if (parts.length == 3) {
      for (String option : parts[2].split(",", -1)) {
        draft.option(option, text);
      }
    }
    return draft.done();
  }

  /**
   * Reads the value of {@code --tmpfs}: {@code CONTAINER[:OPTIONS]}.
   *
   * @throws CliException with the exit code for wrong usage
   */
  static MountArgument ofTmpfs(String text) {
    String[] parts = text.split(":", 2);
    if (!parts[0].startsWith("/")) {
      throw CliException.usage(
          "not a tmpfs: \"" + text + "\" (write CONTAINER or CONTAINER:size=64m)");
    }
    Draft draft = new Draft(Kind.TMPFS, "", parts[0]);
    if (parts.length == 2 && !parts[1].isEmpty()) {
      draft.tmpfs.addAll(List.of(parts[1].split(",", -1)));
    }
    return draft.done();
  }

  /**
   * Reads the value of {@code --mount}: {@code type=…,source=…,target=…} and so on.
   *
   * @throws CliException with the exit code for wrong usage
   */
  static MountArgument ofMount(String text) {
    Map<String, List<String>> fields = new LinkedHashMap<>();
    for (String field : CommaSeparated.parse(text)) {
      int equals = field.indexOf('=');
      String key = equals < 0 ? field : field.substring(0, equals);
      String value = equals < 0 ? "true" : field.substring(equals + 1);
      fields.computeIfAbsent(longName(key), _ -> new ArrayList<>()).add(value);
    }
    Kind kind =
        switch (last(fields, "type", "volume")) {
          case "bind" -> Kind.BIND;
          case "volume" -> Kind.VOLUME;
          case "tmpfs" -> Kind.TMPFS;
          default ->
              throw wrong(
                  text, "the type is bind, volume or tmpfs, not " + last(fields, "type", ""));
        };
    String target = last(fields, "target", "");
    if (!target.startsWith("/")) {
      throw wrong(text, "target is missing, or is not an absolute path");
    }
    Draft draft = new Draft(kind, last(fields, "source", ""), target);
    draft.mustExist = true;
    fields.remove("type");
    fields.remove("source");
    fields.remove("target");
    fields.forEach((key, values) -> draft.field(key, values, text));
    if (kind == Kind.BIND && draft.source.isEmpty()) {
      throw wrong(text, "source is missing");
    }
    if (kind == Kind.VOLUME && draft.source.contains("/")) {
      throw wrong(text, "the source of a volume is a name; write type=bind for a path");
    }
    if (kind == Kind.VOLUME && draft.source.isEmpty() && !draft.part.isEmpty()) {
      throw wrong(text, "volume-subpath needs a volume with a name");
    }
    if (kind == Kind.TMPFS && !draft.source.isEmpty()) {
      throw wrong(text, "a tmpfs has no source");
    }
    return draft.done();
  }

  private static String longName(String key) {
    return switch (key) {
      case "src" -> "source";
      case "dst", "destination" -> "target";
      case "ro" -> "readonly";
      default -> key;
    };
  }

  private static String last(Map<String, List<String>> fields, String key, String otherwise) {
    List<String> values = fields.get(key);
    return values == null ? otherwise : values.getLast();
  }

  private static CliException wrong(String text, String why) {
    return CliException.usage("--mount " + text + ": " + why);
  }

  /** What is read so far. */
  private static final class Draft {
    private final Kind kind;
    private final String source;
    private final String target;
    private boolean readonly;
    private boolean mustExist;
    private MountPropagation propagation = MountPropagation.PROPAGATION_PRIVATE;
    private boolean copy = true;
    private String part = "";
    private final Map<String, String> options = new LinkedHashMap<>();
    private final Map<String, String> labels = new LinkedHashMap<>();
    private final List<String> tmpfs = new ArrayList<>(TMPFS_DEFAULTS);

    Draft(Kind kind, String source, String target) {
      this.kind = kind;
      this.source = source;
      this.target = target;
    }

    /** An option of {@code -v}. */
    void option(String option, String text) {
      switch (option) {
        case "rw" -> readonly = false;
        case "ro" -> readonly = true;
        case "nocopy" -> copy = false;
        case "rprivate", "rslave", "rshared" -> propagation = propagation(option);
        default ->
            throw CliException.usage(
                "volume \""
                    + text
                    + "\": option "
                    + option
                    + " is not ro, rw, nocopy, rprivate, rslave or rshared");
      }
      if (kind == Kind.BIND && !copy) {
        throw CliException.usage("volume \"" + text + "\": nocopy is for volumes with a name");
      }
      if (kind == Kind.VOLUME && propagation != MountPropagation.PROPAGATION_PRIVATE) {
        throw CliException.usage(
            "volume \"" + text + "\": " + option + " is for paths of the host");
      }
    }

    /** A field of {@code --mount}. */
    void field(String key, List<String> values, String text) {
      String value = values.getLast();
      boolean fits =
          switch (key) {
            case "readonly" -> true;
            case "bind-propagation" -> kind == Kind.BIND;
            case "volume-driver", "volume-opt", "volume-label", "volume-nocopy", "volume-subpath" ->
                kind == Kind.VOLUME;
            case "tmpfs-size", "tmpfs-mode" -> kind == Kind.TMPFS;
            default -> throw wrong(text, "there is no " + key);
          };
      if (!fits) {
        throw wrong(text, key + " does not go with type=" + kind.name().toLowerCase(Locale.ROOT));
      }
      switch (key) {
        case "readonly" -> readonly = truth(value, text);
        case "bind-propagation" -> propagation = propagation(value);
        case "volume-driver" -> requireLocal(value, text);
        case "volume-opt" -> values.forEach(each -> put(options, each, text));
        case "volume-label" -> values.forEach(each -> put(labels, each, text));
        case "volume-nocopy" -> copy = !truth(value, text);
        case "volume-subpath" -> part = part(value, text);
        case "tmpfs-size" -> tmpfs.add("size=" + MemorySize.parse(value));
        case "tmpfs-mode" -> tmpfs.add("mode=" + value);
        default -> throw new IllegalStateException(key);
      }
    }

    private static String part(String value, String text) {
      Path path = Path.of(value).normalize();
      if (path.isAbsolute() || path.startsWith("..") || path.toString().isEmpty()) {
        throw wrong(text, "volume-subpath is a directory in the volume, such as logs/app");
      }
      return path.toString();
    }

    private static void requireLocal(String driver, String text) {
      if (!driver.equals("local")) {
        throw wrong(text, "there is no driver " + driver + ", only local");
      }
    }

    private static void put(Map<String, String> to, String word, String text) {
      int equals = word.indexOf('=');
      if (equals < 1) {
        throw wrong(text, "\"" + word + "\" is not NAME=VALUE");
      }
      to.put(word.substring(0, equals), word.substring(equals + 1));
    }

    private static boolean truth(String value, String text) {
      return switch (value) {
        case "true", "1" -> true;
        case "false", "0" -> false;
        default -> throw wrong(text, "\"" + value + "\" is not true or false");
      };
    }

    private static MountPropagation propagation(String word) {
      return switch (word) {
        case "rprivate" -> MountPropagation.PROPAGATION_PRIVATE;
        case "rslave" -> MountPropagation.PROPAGATION_HOST_TO_CONTAINER;
        case "rshared" -> MountPropagation.PROPAGATION_BIDIRECTIONAL;
        default ->
            throw CliException.usage(
                "the propagation of a mount is rprivate, rslave or rshared, not " + word);
      };
    }

    MountArgument done() {
      // A word that allows something takes the default away that forbids it.
      tmpfs.removeIf(each -> each.startsWith("no") && tmpfs.contains(each.substring(2)));
      if (kind == Kind.TMPFS && readonly) {
        tmpfs.add("ro");
      }
      return new MountArgument(
          kind,
          source,
          target,
          readonly,
          mustExist,
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

package io.jukung.image.layer;

import static io.jukung.image.layer.RawTar.BLOCK;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.base.Splitter;
import io.jukung.linux.fs.DirectoryEntry;
import io.jukung.linux.fs.DirectoryListing;
import io.jukung.linux.fs.ExtendedAttributes;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.FileStatus;
import io.jukung.linux.fs.FileType;
import io.jukung.linux.fs.OpenFlags;
import io.jukung.linux.fs.Openat2;
import io.jukung.linux.mount.OverlayMount;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Unpacks random images in both formats, mounts their layers with overlayfs, and compares what the
 * kernel shows, entry by entry, with each other and with a model of what the archives say. Needs
 * root.
 *
 * <p>{@code -Dfuzz.seed=N} chooses other archives, {@code -Dfuzz.rounds=N} more of them.
 */
@Timeout(300)
class TreeEquivalenceTest {
  private static final long SEED = Long.getLong("fuzz.seed", 20261129);
  private static final int ROUNDS = Integer.getInteger("fuzz.rounds", 100);
  private static final int MAX_LAYERS = 4;
  private static final int MAX_MEMBERS = 14;
  private static final String[] NAMES = {"a", "b", "c", "d", "\u00e4\u00ff"};

  @TempDir Path temporary;

  @Test
  void bothFormatsShowWhatTheArchivesSay() throws Exception {
    int entries = 0;
    for (int round = 0; round < ROUNDS; round++) {
      Random random = new Random(SEED + round);
      Model model = new Model();
      List<byte[]> tars = new ArrayList<>();
      List<List<String>> said = new ArrayList<>();
      for (int layer = random.nextInt(MAX_LAYERS); layer >= 0; layer--) {
        Archive archive = new Archive(random, model, /* bottom= */ tars.isEmpty());
        tars.add(archive.bytes());
        said.add(archive.said);
      }
      String what = "seed %d round %d, layers %s".formatted(SEED, round, said);
      Map<String, String> expected = model.lines();
      for (LayerFormat format : LayerFormat.values()) {
        Path directory = Files.createDirectory(temporary.resolve(round + "-" + format));
        LayerFixture layers = new LayerFixture(directory, format);
        List<Path> topFirst = layers.unpackAll(tars.toArray(byte[][]::new));
        assertThat(shown(layers, topFirst)).as("%s, %s", what, format).isEqualTo(expected);
      }
      entries += expected.size();
    }
    assertThat(entries).as("entries in all images").isGreaterThan(ROUNDS * 5);
  }

  /** The merged layers as a container sees them; layers below an opaque root are left out. */
  private static Map<String, String> shown(LayerFixture layers, List<Path> topFirst)
      throws IOException {
    List<Path> lower = new ArrayList<>();
    for (Path directory : topFirst) {
      lower.add(directory);
      if (layers.hidesLower(directory)) {
        break;
      }
    }
    Map<String, String> lines = new TreeMap<>();
    try (Fd mount = OverlayMount.detachedReadOnly(lower);
        Fd root =
            Openat2.open(mount, new byte[] {'.'}, OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY, 0)) {
      FileStatus status = FileStatus.of(root);
      lines.put("", "DIRECTORY %04o %d".formatted(status.mode(), status.uid()));
      walk(root, "", lines, new TreeMap<>());
    }
    return lines;
  }

  private static void walk(
      Fd directory, String path, Map<String, String> lines, Map<String, String> firstNames)
      throws IOException {
    List<byte[]> names =
        DirectoryListing.names(directory).stream()
            .sorted(java.util.Arrays::compareUnsigned)
            .toList();
    for (byte[] name : names) {
      FileStatus status = FileStatus.of(directory, name); // fails for a broken name
      String child = path + "/" + new String(name, ISO_8859_1);
      StringBuilder line =
          new StringBuilder("%s %04o %d".formatted(status.type(), status.mode(), status.uid()));
      for (String attribute : ExtendedAttributes.list(directory, name).stream().sorted().toList()) {
        if (ImageAttributes.isKept(attribute)) {
          byte[] value = ExtendedAttributes.get(directory, name, attribute).orElseThrow();
          line.append(" ").append(attribute).append("=").append(HexFormat.of().formatHex(value));
        }
      }
      if (status.type() == FileType.SYMLINK) {
        line.append(" -> ")
            .append(new String(DirectoryEntry.readSymlink(directory, name), ISO_8859_1));
      }
      if (status.type() == FileType.REGULAR) {
        line.append(" ").append(content(directory, name));
        if (status.links() > 1) {
          // Inodes of different layers can have the same number.
          String first = firstNames.putIfAbsent(status.inode() + " " + line, child);
          line.append(first == null ? "" : " same as " + first);
        }
      }
      lines.put(child, line.toString());
      if (status.isDirectory()) {
        try (Fd next = DirectoryEntry.openDirectory(directory, name)) {
          walk(next, child, lines, firstNames);
        }
      }
    }
  }

  private static String content(Fd directory, byte[] name) throws IOException {
    try (Fd file = Openat2.open(directory, name, OpenFlags.O_NOFOLLOW, 0)) {
      byte[] buffer = new byte[1000];
      return new String(buffer, 0, file.read(buffer, 0, buffer.length), ISO_8859_1);
    }
  }

  // ── what the archives say ──────────────────────────────────────────────────────────────────

  /** A file or directory of the merged image. Hard links are one node with several names. */
  private static final class Node {
    final String type;
    int mode;
    int uid;
    Map<String, byte[]> attributes = new TreeMap<>();
    String rest = "";
    final Map<String, Node> children = new TreeMap<>(); // sorted as bytes: all below 256

    Node(String type, int mode, int uid) {
      this.type = type;
      this.mode = mode;
      this.uid = uid;
    }

    boolean isDirectory() {
      return type.equals("DIRECTORY");
    }
  }

  /** The image as the layers so far say it is (OCI image-spec, layer.md). */
  private static final class Model {
    Node root = new Node("DIRECTORY", 0755, 0);

    Map<String, String> lines() {
      Map<String, String> lines = new TreeMap<>();
      lines.put("", "DIRECTORY %04o %d".formatted(root.mode, root.uid));
      walk(root, "", lines, new java.util.IdentityHashMap<>());
      return lines;
    }

    private void walk(
        Node directory, String path, Map<String, String> lines, Map<Node, String> firstNames) {
      directory.children.forEach(
          (name, node) -> {
            String child = path + "/" + name;
            StringBuilder line =
                new StringBuilder("%s %04o %d".formatted(node.type, node.mode, node.uid));
            node.attributes.forEach(
                (key, value) ->
                    line.append(" ")
                        .append(key)
                        .append("=")
                        .append(HexFormat.of().formatHex(value)));
            line.append(node.rest);
            if (node.type.equals("REGULAR")) {
              String first = firstNames.putIfAbsent(node, child);
              line.append(first == null ? "" : " same as " + first);
            }
            lines.put(child, line.toString());
            walk(node, child, lines, firstNames);
          });
    }
  }

  /** Makes the archive of one layer, and does to the model what the archive says. */
  private static final class Archive {
    private final Random random;
    private final Model model;
    private final boolean bottom;
    private final List<byte[]> members = new ArrayList<>();

    /** The members' names and types, to be shown if the test fails. */
    final List<String> said = new ArrayList<>();

    /** The names that this layer has made itself; whiteouts do not hide these. */
    private final java.util.Set<Node> own =
        java.util.Collections.newSetFromMap(new java.util.IdentityHashMap<>());

    /** The directories that this layer has an entry for. */
    private final java.util.Set<Node> described =
        java.util.Collections.newSetFromMap(new java.util.IdentityHashMap<>());

    Archive(Random random, Model model, boolean bottom) {
      this.bottom = bottom;
      this.random = random;
      this.model = model;
      for (int i = random.nextInt(MAX_MEMBERS); i >= 0; i--) {
        add();
      }
    }

    byte[] bytes() {
      return RawTar.concat(RawTar.concat(members.toArray(byte[][]::new)), new byte[2 * BLOCK]);
    }

    private void add() {
      String path = NAMES[random.nextInt(NAMES.length)];
      for (int depth = random.nextInt(3); depth > 0; depth--) {
        path += "/" + NAMES[random.nextInt(NAMES.length)];
      }
      switch (random.nextInt(12)) {
        case 0 -> whiteout(path);
        case 1 -> opaque(path);
        case 2, 3, 4 -> directory(path);
        case 5 -> symlink(path);
        case 6 -> fifo(path);
        case 7 -> hardLink(path);
        case 8 -> root();
        default -> file(path);
      }
    }

    // A parent that is no directory would be refused, and a link would lead elsewhere: such members
    // are left out. So are whiteouts of what this layer has made, where readers differ.
    private boolean isFree(String path) {
      Node at = model.root;
      List<String> names = names(path);
      for (int i = 0; i < names.size() - 1; i++) {
        Node next = at.children.get(names.get(i));
        if (next == null) {
          return true;
        }
        if (!next.isDirectory()) {
          return false;
        }
        at = next;
      }
      return true;
    }

    private Node parent(String path) {
      Node at = model.root;
      List<String> names = names(path);
      for (int i = 0; i < names.size() - 1; i++) {
        at = at.children.computeIfAbsent(names.get(i), name -> new Node("DIRECTORY", 0755, 0));
        own.add(at);
      }
      return at;
    }

    private static List<String> names(String path) {
      return Splitter.on('/').splitToList(path);
    }

    private static String name(String path) {
      return path.substring(path.lastIndexOf('/') + 1);
    }

    private @Nullable Node find(String path) {
      @Nullable Node at = model.root;
      for (String name : names(path)) {
        at = at == null ? null : at.children.get(name);
      }
      return at;
    }

    private void put(String path, Node node) {
      parent(path).children.put(name(path), node);
      own.add(node);
    }

    private void root() {
      model.root.mode = random.nextInt(010000);
      model.root.uid = random.nextInt(3);
      member("./", '5', model.root.mode, model.root.uid, "", new byte[0], Map.of());
    }

    private void file(String path) {
      if (!isFree(path)) {
        return;
      }
      Node node = new Node("REGULAR", random.nextInt(010000), random.nextInt(3));
      byte[] content = ("content " + random.nextInt(1000)).getBytes(UTF_8);
      node.rest = " " + new String(content, UTF_8);
      attributes(node);
      member(path, '0', node.mode, node.uid, "", content, node.attributes);
      put(path, node);
    }

    private void directory(String path) {
      if (!isFree(path)) {
        return;
      }
      Node node = find(path);
      if (node == null || !node.isDirectory() || !own.contains(node)) {
        Node fresh = new Node("DIRECTORY", 0, 0);
        if (node != null && node.isDirectory()) {
          fresh.children.putAll(node.children); // merged with that of the layers below
        }
        node = fresh;
      }
      node.mode = random.nextInt(010000);
      node.uid = random.nextInt(3);
      Map<String, byte[]> before = described.contains(node) ? node.attributes : new TreeMap<>();
      node.attributes = new TreeMap<>();
      attributes(node);
      member(path, '5', node.mode, node.uid, "", new byte[0], node.attributes);
      before.putAll(node.attributes);
      node.attributes = before;
      described.add(node);
      put(path, node);
    }

    private void symlink(String path) {
      if (isFree(path)) {
        Node node = new Node("SYMLINK", 0777, random.nextInt(3));
        node.rest = " -> target";
        member(path, '2', 0777, node.uid, "target", new byte[0], Map.of());
        put(path, node);
      }
    }

    private void fifo(String path) {
      if (isFree(path)) {
        Node node = new Node("FIFO", random.nextInt(01000), random.nextInt(3));
        member(path, '6', node.mode, node.uid, "", new byte[0], Map.of());
        put(path, node);
      }
    }

    private void hardLink(String path) {
      String target = NAMES[random.nextInt(NAMES.length)];
      Node node = find(target);
      // Only names of this layer: the others are not in its tree.
      if (isFree(path)
          && node != null
          && own.contains(node)
          && node.type.equals("REGULAR")
          && !target.equals(path)
          && find(path) != node) {
        member(path, '1', 0644, 0, target, new byte[0], Map.of());
        put(path, node);
      }
    }

    private void whiteout(String path) {
      Node node = find(path);
      if (!bottom && isFree(path) && (node == null || !own.contains(node))) {
        int slash = path.lastIndexOf('/');
        String hidden = path.substring(0, slash + 1) + ".wh." + name(path);
        member(hidden, '0', 0644, 0, "", new byte[0], Map.of());
        if (slash < 0 || find(path.substring(0, slash)) != null || !members.isEmpty()) {
          parent(path).children.remove(name(path));
        }
      }
    }

    private void opaque(String path) {
      Node node = random.nextInt(4) == 0 ? model.root : find(path);
      if (node == null || !node.isDirectory()) {
        return;
      }
      String prefix = node == model.root ? "" : path + "/";
      member(prefix + ".wh..wh..opq", '0', 0644, 0, "", new byte[0], Map.of());
      if (node != model.root) {
        parent(path + "/x");
      }
      removeLower(node);
    }

    private void removeLower(Node directory) {
      directory.children.values().removeIf(child -> !own.contains(child));
      for (Node child : directory.children.values()) {
        if (child.isDirectory() && !described.contains(child)) {
          child.mode = 0755; // what it had below is hidden
          child.uid = 0;
          child.attributes.clear();
        }
        removeLower(child);
      }
    }

    private void attributes(Node node) {
      if (random.nextInt(3) == 0) {
        String name = "user." + new String("schl\u00fcssel-\u9375".getBytes(UTF_8), ISO_8859_1);
        byte[] value = new byte[random.nextInt(20)];
        random.nextBytes(value);
        node.attributes.put(name, value);
      }
      if (random.nextInt(5) == 0) {
        node.attributes.put(
            "security.capability",
            HexFormat.of().parseHex("0100000200040000000000000000000000000000"));
      }
      if (node.isDirectory() && random.nextInt(4) == 0) {
        node.attributes.put(
            ImageAttributes.DEFAULT_ACL,
            HexFormat.of()
                .parseHex(
                    "02000000"
                        + "01000700ffffffff"
                        + "0200070005000000"
                        + "04000500ffffffff"
                        + "10000700ffffffff"
                        + "20000000ffffffff"));
      }
    }

    private void member(
        String path,
        char type,
        int mode,
        int uid,
        String link,
        byte[] content,
        Map<String, byte[]> attributes) {
      said.add(type + ":" + path);
      if (!attributes.isEmpty()) {
        java.io.ByteArrayOutputStream records = new java.io.ByteArrayOutputStream();
        attributes.forEach(
            (key, value) -> records.writeBytes(latinRecord("SCHILY.xattr." + key, value)));
        members.add(RawTar.paxOf('x', records.toByteArray()));
      }
      byte[] header = RawTar.header(path, type, Integer.toOctalString(content.length));
      RawTar.put(header, 100, "%07o".formatted(mode));
      RawTar.put(header, 108, "%07o".formatted(uid));
      RawTar.put(header, 157, link);
      members.add(RawTar.member(RawTar.checksummed(header), content));
    }

    private static byte[] latinRecord(String key, byte[] value) {
      byte[] bytes = key.getBytes(ISO_8859_1);
      int rest = bytes.length + value.length + 3;
      int length = rest + Integer.toString(rest).length();
      length += Integer.toString(length).length() > Integer.toString(rest).length() ? 1 : 0;
      return RawTar.concat(
          (length + " ").getBytes(UTF_8), bytes, new byte[] {'='}, value, new byte[] {'\n'});
    }
  }
}

package io.jukung.image.copy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import io.jukung.cri.CriException;
import io.jukung.image.content.Digest;
import io.jukung.image.copy.CopyRules.Owner;
import io.jukung.image.dockerfile.IgnoreFile;
import io.jukung.image.layer.LayerLimits;
import io.jukung.image.tar.TestTar;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.HostFile;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files of contexts that may be hostile, and docker's rules for copies. Needs root, for owners. */
class CopiesTest {
  private static final int MAX_FILES = 50;

  @TempDir Path temporary;
  private Path from;
  private Path to;

  @BeforeEach
  void makeDirectories() throws Exception {
    from = Files.createDirectory(temporary.resolve("from"));
    to = Files.createDirectory(temporary.resolve("to"));
  }

  private void write(String path, String content) throws IOException {
    Path file = from.resolve(path);
    Files.createDirectories(file.getParent());
    Files.writeString(file, content);
  }

  private List<String> find(String source) throws IOException {
    try (Fd root = HostFile.openDirectory(from)) {
      return new SourcePaths(new SourceTree(root, "the context", false)).find(source);
    }
  }

  private void copy(CopyRules rules, String destination, String... sources) throws IOException {
    try (Fd source = HostFile.openDirectory(from);
        Fd root = HostFile.openDirectory(to)) {
      SourceTree tree = new SourceTree(source, "the context", false);
      List<String> paths = new java.util.ArrayList<>();
      for (String each : sources) {
        paths.addAll(new SourcePaths(tree).find(each));
      }
      new FileCopy(tree, rules).copy(paths, root, CopyDestination.of(destination, "/work"));
    }
  }

  private Digest digest(CopyRules rules, String source) throws IOException {
    try (Fd root = HostFile.openDirectory(from)) {
      SourceTree tree = new SourceTree(root, "the context", false);
      return TreeDigest.of(tree, new SourcePaths(tree).find(source), rules);
    }
  }

  // ── directories of the node ────────────────────────────────────────────────────────────────

  private BuildContext contextOf(String ignore, LayerLimits limits) throws IOException {
    return BuildContext.copy(from, ignore, to, limits);
  }

  @Test
  void directoryIsCopiedWithoutWhatIsIgnored() throws Exception {
    write("kept", "kept");
    write("deps/huge", "ignored");
    write("deps/wanted", "taken in again");
    write("other/x", "ignored");
    Files.createSymbolicLink(from.resolve("link"), Path.of("/kept"));
    Files.setAttribute(from.resolve("kept"), "unix:uid", 1234);
    Files.setPosixFilePermissions(
        from.resolve("kept"), PosixFilePermissions.fromString("rwxr-x---"));
    try (BuildContext context = contextOf("deps\n!deps/wanted\nother\n", LayerLimits.DEFAULT)) {
      Path copy = context.directory();
      write("kept", "changed later");
      assertThat(copy.resolve("kept")).hasContent("kept");
      assertThat(Files.getAttribute(copy.resolve("kept"), "unix:uid")).isEqualTo(0);
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(copy.resolve("kept"))))
          .isEqualTo("rwxr-x---");
      assertThat(Files.readSymbolicLink(copy.resolve("link"))).isEqualTo(Path.of("/kept"));
      assertThat(copy.resolve("deps")).isDirectoryContaining("glob:**/wanted");
      assertThat(copy.resolve("deps/huge")).doesNotExist();
      assertThat(copy.resolve("other")).doesNotExist();
    }
    assertThat(to).isEmptyDirectory();
  }

  @Test
  void directoryWithTooMuchOrWithDevicesIsRefusedAndNothingIsLeft() throws Exception {
    write("a", "12345");
    write("b", "12345");
    assertThatThrownBy(() -> contextOf("", new LayerLimits(9, 10, 0)))
        .isInstanceOf(CriException.class)
        .hasMessage("the context has more than 9 bytes");
    assertThatThrownBy(() -> contextOf("", new LayerLimits(100, 1, 0)))
        .hasMessage("the context has more than 1 files");
    contextOf("b", new LayerLimits(9, 1, 0)).close();
    Process made =
        new ProcessBuilder("mknod", from.resolve("null").toString(), "c", "1", "3").start();
    assertThat(made.waitFor()).isZero();
    assertThatThrownBy(() -> contextOf("", LayerLimits.DEFAULT))
        .hasMessage("the context has the device \"null\"");
    assertThat(to).isEmptyDirectory();
  }

  // ── sources ────────────────────────────────────────────────────────────────────────────────

  @Test
  void sourcesAreFoundByPathAndPattern() throws Exception {
    write("a.txt", "");
    write("b.txt", "");
    write("dir/c.txt", "");
    write("dir/[x]", "");
    assertThat(find("a.txt")).containsExactly("a.txt");
    assertThat(find("/a.txt")).containsExactly("a.txt");
    assertThat(find("./dir/../a.txt")).containsExactly("a.txt");
    assertThat(find("*.txt")).containsExactly("a.txt", "b.txt");
    assertThat(find("*/?.t[x-y]t")).containsExactly("dir/c.txt");
    assertThat(find("dir/\\[x]")).containsExactly("dir/[x]");
    assertThat(find(".")).containsExactly("");
    assertThatThrownBy(() -> find("missing")).hasMessage("\"/missing\": not found in the context");
    assertThatThrownBy(() -> find("*.md")).hasMessage("\"/*.md\": not found in the context");
    assertThatThrownBy(() -> find("[")).hasMessageContaining("cannot be understood");
  }

  @Test
  void noSourceLeadsOutOfTheContext() throws Exception {
    Files.writeString(temporary.resolve("secret"), "of the node");
    write("inside", "of the context");
    Files.createSymbolicLink(from.resolve("up"), Path.of("../secret"));
    Files.createSymbolicLink(from.resolve("absolute"), temporary.resolve("secret"));
    Files.createSymbolicLink(from.resolve("door"), Path.of(".."));
    Files.createSymbolicLink(from.resolve("link"), Path.of("/inside"));
    for (String path : List.of("../secret", "a/../../secret", "..")) {
      assertThatThrownBy(() -> find(path)).hasMessageContaining("leads out of the context");
    }
    for (String path : List.of("up", "absolute", "door/secret")) {
      assertThatThrownBy(() -> find(path)).hasMessageContaining("not found");
    }
    copy(CopyRules.PLAIN, "/link", "link");
    assertThat(to.resolve("link")).hasContent("of the context");
    copy(CopyRules.PLAIN, "/all/", ".");
    assertThat(Files.isSymbolicLink(to.resolve("all/absolute"))).isTrue();
  }

  // ── destinations ───────────────────────────────────────────────────────────────────────────

  @Test
  void destinationsFollowDockersRules() throws Exception {
    write("file", "f");
    write("dir/one", "1");
    write("dir/sub/two", "2");
    copy(CopyRules.PLAIN, "/named", "file");
    copy(CopyRules.PLAIN, "relative", "file");
    copy(CopyRules.PLAIN, "/new/", "file");
    copy(CopyRules.PLAIN, "/new", "file"); // a directory by now
    copy(CopyRules.PLAIN, "/tree", "dir");
    copy(CopyRules.PLAIN, ".", "dir", "file");
    for (String path :
        List.of("named", "work/relative", "new/file", "tree/sub/two", "work/one", "work/file")) {
      assertThat(to.resolve(path)).as(path).isRegularFile();
    }
    assertThatThrownBy(() -> copy(CopyRules.PLAIN, "/one", "dir", "file"))
        .hasMessageContaining("end with a /");
    assertThatThrownBy(() -> copy(CopyRules.PLAIN, "/named/x/", "file"))
        .hasMessageContaining("is not a directory");
    assertThatThrownBy(() -> copy(CopyRules.PLAIN, "/named", "dir"))
        .hasMessageContaining("is not a directory");
  }

  @Test
  void linksOfTheImageLeadIntoItAndAreReplacedByFiles() throws Exception {
    write("file", "new");
    Path outside = Files.writeString(temporary.resolve("outside"), "of the node");
    Files.createSymbolicLink(to.resolve("etc"), Path.of("/real"));
    Files.createSymbolicLink(to.resolve("evil"), temporary);
    Files.createSymbolicLink(to.resolve("target"), outside);
    copy(CopyRules.PLAIN, "/etc/file", "file");
    assertThat(to.resolve("real/file")).hasContent("new");
    copy(CopyRules.PLAIN, "/evil/outside", "file");
    copy(CopyRules.PLAIN, "/target", "file");
    assertThat(outside).hasContent("of the node");
    assertThat(to.resolve("target")).isRegularFile().hasContent("new");
  }

  @Test
  void ownersModesAndExclusionsAreApplied() throws Exception {
    write("dir/a.txt", "a");
    write("dir/b.log", "b");
    write("dir/deep/c.log", "c");
    Files.setAttribute(from.resolve("dir/a.txt"), "unix:uid", 1000);
    Files.setPosixFilePermissions(
        from.resolve("dir/a.txt"), PosixFilePermissions.fromString("rwxr-----"));
    Files.setLastModifiedTime(from.resolve("dir/a.txt"), FileTime.fromMillis(5_000));
    copy(CopyRules.PLAIN, "/plain/", "dir");
    assertThat(Files.getAttribute(to.resolve("plain/a.txt"), "unix:uid")).isEqualTo(0);
    assertThat(
            PosixFilePermissions.toString(Files.getPosixFilePermissions(to.resolve("plain/a.txt"))))
        .isEqualTo("rwxr-----");
    assertThat(Files.getLastModifiedTime(to.resolve("plain/a.txt")).toMillis()).isEqualTo(5_000);
    CopyRules rules =
        new CopyRules(
            Optional.of(new Owner(12, 34)),
            Optional.of(0700),
            IgnoreFile.parse("**/*.log\n!deep/c.log"));
    copy(rules, "/own/er/", "dir");
    assertThat(Files.getAttribute(to.resolve("own/er/a.txt"), "unix:uid")).isEqualTo(12);
    assertThat(Files.getAttribute(to.resolve("own"), "unix:gid")).isEqualTo(34);
    assertThat(to.resolve("own/er/deep/c.log")).exists();
    assertThat(to.resolve("own/er/b.log")).doesNotExist();
  }

  // ── digests ────────────────────────────────────────────────────────────────────────────────

  @Test
  void digestDependsOnContentAndMetadataAndOnNoTime() throws Exception {
    write("dir/file", "content");
    Digest first = digest(CopyRules.PLAIN, "dir");
    Files.setLastModifiedTime(from.resolve("dir/file"), FileTime.fromMillis(0));
    assertThat(digest(CopyRules.PLAIN, "dir")).isEqualTo(first);
    Files.setAttribute(from.resolve("dir/file"), "unix:uid", 7);
    assertThat(digest(CopyRules.PLAIN, "dir")).isEqualTo(first); // it becomes root's anyway

    Files.setPosixFilePermissions(
        from.resolve("dir/file"), PosixFilePermissions.fromString("rwxrwxrwx"));
    assertThat(digest(CopyRules.PLAIN, "dir")).isNotEqualTo(first);
    Files.setPosixFilePermissions(
        from.resolve("dir/file"), PosixFilePermissions.fromString("rw-r--r--"));
    assertThat(digest(CopyRules.PLAIN, "dir")).isEqualTo(first);
    write("dir/file", "another");
    assertThat(digest(CopyRules.PLAIN, "dir")).isNotEqualTo(first);
    write("dir/file", "content");
    write("dir/more", "");
    assertThat(digest(CopyRules.PLAIN, "dir")).isNotEqualTo(first);
    CopyRules without = new CopyRules(Optional.empty(), Optional.empty(), IgnoreFile.parse("more"));
    assertThat(digest(without, "dir")).isEqualTo(first);
    Files.createSymbolicLink(from.resolve("dir/link"), Path.of("a"));
    Digest linked = digest(without, "dir");
    Files.delete(from.resolve("dir/link"));
    Files.createSymbolicLink(from.resolve("dir/link"), Path.of("b"));
    assertThat(digest(without, "dir")).isNotEqualTo(linked);
  }

  // ── contexts ───────────────────────────────────────────────────────────────────────────────

  private BuildContext unpack(byte[] archive, String ignored) throws IOException {
    return BuildContext.unpack(
        new ByteArrayInputStream(archive),
        ignored,
        temporary,
        new LayerLimits(1 << 20, MAX_FILES, 0));
  }

  @Test
  void contextIsUnpackedWithoutWhatIsIgnoredAndRemovedAtTheEnd() throws Exception {
    byte[] archive =
        new TestTar()
            .file(".dockerignore", "*\n!kept\n!dir/kept\n")
            .file("kept", "k")
            .file("gone", "g")
            .directory("dir")
            .file("dir/kept", "k")
            .directory("empty")
            .bytes();
    try (BuildContext context = unpack(archive, "")) {
      context.removeIgnored();
      assertThat(context.directory()).isDirectoryContaining("glob:**/kept");
      assertThat(context.directory().resolve("dir/kept")).hasContent("k");
      assertThat(context.directory().resolve("gone")).doesNotExist();
      assertThat(context.directory().resolve("empty")).doesNotExist();
    }
    try (BuildContext context = unpack(archive, "gone")) {
      assertThat(context.directory().resolve("empty")).exists();
      assertThat(context.directory().resolve("gone")).doesNotExist();
      assertThat(context.read("kept")).contains("k");
      assertThat(context.read("missing")).isEmpty();
    }
    try (BuildContext context = unpack(new byte[0], "")) {
      assertThat(context.directory()).isEmptyDirectory();
    }
    assertThat(temporary).isDirectoryNotContaining("glob:**/context-*");
  }

  @Test
  void hostileContextsAreRefusedAndNothingIsLeft() throws Exception {
    Path victim = Files.createDirectory(temporary.resolve("victim"));
    TestTar many = new TestTar();
    for (int i = 0; i <= MAX_FILES; i++) {
      many.file("f" + i, "");
    }
    List<byte[]> hostile =
        List.of(
            many.bytes(),
            new TestTar().file("../victim/file", "x").bytes(),
            new TestTar().symlink("door", victim.toString()).file("door/file", "x").bytes(),
            new TestTar().symlink("door", victim + "/file").hardLink("hard", "door").bytes(),
            new TestTar().node("disk", (byte) '4', 8, 0).bytes(),
            new TestTar().node("memory", (byte) '3', 1, 1).bytes(),
            new TestTar().file("large", "x".repeat(1 << 20)).file("more", "x").bytes(),
            "this is no archive".repeat(100).getBytes(java.nio.charset.StandardCharsets.UTF_8));
    for (byte[] archive : hostile) {
      assertThatThrownBy(() -> unpack(archive, "")).isInstanceOf(CriException.class);
    }
    assertThat(victim).isEmptyDirectory();
    assertThat(temporary).isDirectoryNotContaining("glob:**/context-*");
    assertThat(Files.exists(temporary.resolve("victim/file"), LinkOption.NOFOLLOW_LINKS)).isFalse();
  }

  @Test
  void dockerfileThatIsALinkStaysInTheContext() throws Exception {
    Files.writeString(temporary.resolve("secret"), "of the node");
    byte[] archive =
        new TestTar().symlink("Dockerfile", temporary.resolve("secret").toString()).bytes();
    try (BuildContext context = unpack(archive, "x")) {
      assertThat(context.read("Dockerfile")).isEmpty();
    }
  }

  @Test
  void archivesAreRecognisedByTheirContentAndStayBelowTheirDestination() throws Exception {
    Path victim = Files.createDirectory(temporary.resolve("victim"));
    Files.write(from.resolve("good"), new TestTar().file("dir/file", "content").bytes());
    Files.write(from.resolve("bad"), new TestTar().file("../victim/file", "x").bytes());
    write("text", "plain text".repeat(100));
    try (Fd source = HostFile.openDirectory(from);
        Fd root = HostFile.openDirectory(to)) {
      SourceTree tree = new SourceTree(source, "the context", false);
      assertThat(LocalArchive.isArchive(tree, "good")).isTrue();
      assertThat(LocalArchive.isArchive(tree, "text")).isFalse();
      CopyDestination destination = CopyDestination.of("/opt", "/");
      LocalArchive.unpack(tree, "good", root, destination, CopyRules.PLAIN, 1 << 20);
      assertThat(to.resolve("opt/dir/file")).hasContent("content");
      assertThatThrownBy(
              () -> LocalArchive.unpack(tree, "bad", root, destination, CopyRules.PLAIN, 1 << 20))
          .isInstanceOf(CriException.class);
    }
    assertThat(victim).isEmptyDirectory();
  }

  @Test
  void archivesOfXzAndBzip2AreUnpackedByTheProgramsOfTheNode() throws Exception {
    Files.write(from.resolve("plain"), new TestTar().file("file", "content").bytes());
    CopyDestination destination = CopyDestination.of("/opt", "/");
    for (String program : List.of("xz", "bzip2")) {
      Process packing =
          new ProcessBuilder(program, "--stdout", from.resolve("plain").toString())
              .redirectOutput(from.resolve(program).toFile())
              .start();
      assertThat(packing.waitFor()).isZero();
      byte[] whole = Files.readAllBytes(from.resolve(program));
      Files.write(from.resolve("cut"), Arrays.copyOf(whole, whole.length / 2));
      try (Fd source = HostFile.openDirectory(from);
          Fd root = HostFile.openDirectory(to)) {
        SourceTree tree = new SourceTree(source, "the context", false);
        assertThat(LocalArchive.isArchive(tree, program)).isTrue();
        LocalArchive.unpack(tree, program, root, destination, CopyRules.PLAIN, 1 << 20);
        assertThat(to.resolve("opt/file")).hasContent("content");
        Files.delete(to.resolve("opt/file"));
        assertThat(LocalArchive.isArchive(tree, "cut")).isFalse();
        assertThatThrownBy(
                () -> LocalArchive.unpack(tree, program, root, destination, CopyRules.PLAIN, 100))
            .isInstanceOf(CriException.class);
      }
    }
  }

  @Test
  void archivesThatBeginWithAnExtendedHeaderAreUnpacked() throws Exception {
    String name = "n".repeat(150);
    Files.write(from.resolve("pax"), new TestTar().file(name, "x").bytes());
    Files.write(from.resolve("gnu"), new TestTar().gnu().file(name, "x").bytes());
    Files.write(from.resolve("empty"), new byte[1024]);
    try (Fd source = HostFile.openDirectory(from)) {
      SourceTree tree = new SourceTree(source, "the context", false);
      assertThat(LocalArchive.isArchive(tree, "pax")).isTrue();
      assertThat(LocalArchive.isArchive(tree, "gnu")).isTrue();
      assertThat(LocalArchive.isArchive(tree, "empty")).isFalse();
    }
  }

  @Test
  void dockerfileThatIsIgnoredCanBeReadBeforeItIsRemoved() throws Exception {
    byte[] archive =
        new TestTar().file(".dockerignore", "Dockerfile\n").file("Dockerfile", "FROM x").bytes();
    try (BuildContext context = unpack(archive, "")) {
      assertThat(context.read("Dockerfile")).contains("FROM x");
      context.removeIgnored();
      assertThat(context.read("Dockerfile")).isEmpty();
    }
  }

  @Test
  void ignoredMembersAreNeitherCountedNorRefused() throws Exception {
    byte[] archive =
        new TestTar()
            .file("big/file", "x".repeat(2 << 20))
            .node("big/disk", (byte) '4', 8, 0)
            .file("kept", "k")
            .bytes();
    try (BuildContext context = unpack(archive, "big")) {
      assertThat(context.read("kept")).contains("k");
      assertThat(context.directory().resolve("big")).doesNotExist();
    }
  }

  private void giveAway(String path) throws IOException {
    Path made = Files.createDirectories(to.resolve(path));
    Files.setAttribute(made, "unix:uid", 12);
    Files.setPosixFilePermissions(made, PosixFilePermissions.fromString("rwxrwxrwx"));
  }

  private String ownerAndMode(String path) throws IOException {
    return Files.getAttribute(to.resolve(path), "unix:uid")
        + " "
        + PosixFilePermissions.toString(Files.getPosixFilePermissions(to.resolve(path)));
  }

  @Test
  void directoriesBelowTheDestinationGetTheOwnerAndModeOfTheSource() throws Exception {
    write("dir/sub/file", "x");
    write("dir/left/file", "x");
    Files.setPosixFilePermissions(
        from.resolve("dir/sub"), PosixFilePermissions.fromString("rwx------"));
    for (String path : List.of("opt", "opt/sub", "opt/left")) {
      giveAway(path);
    }
    CopyRules rules =
        new CopyRules(Optional.empty(), Optional.empty(), IgnoreFile.parse("left\n!left/file"));
    copy(rules, "/opt", "dir");
    assertThat(ownerAndMode("opt")).isEqualTo("12 rwxrwxrwx");
    assertThat(ownerAndMode("opt/sub")).isEqualTo("0 rwx------");
    assertThat(ownerAndMode("opt/left")).isEqualTo("12 rwxrwxrwx");
    assertThat(to.resolve("opt/left/file")).exists();
  }

  @Test
  void directoriesBelowTheDestinationGetTheOwnerAndModeOfTheArchive() throws Exception {
    Files.write(from.resolve("tar"), new TestTar().directory(".").directory("sub", 0700).bytes());
    for (String path : List.of("opt", "opt/sub")) {
      giveAway(path);
    }
    unpackArchive("tar", 1 << 20);
    assertThat(ownerAndMode("opt")).isEqualTo("12 rwxrwxrwx");
    assertThat(ownerAndMode("opt/sub")).isEqualTo("0 rwx------");
  }

  /** Unpacks into /opt. */
  private void unpackArchive(String path, long maxBytes) throws IOException {
    try (Fd source = HostFile.openDirectory(from);
        Fd root = HostFile.openDirectory(to)) {
      SourceTree tree = new SourceTree(source, "the context", false);
      CopyDestination destination = CopyDestination.of("/opt", "/");
      LocalArchive.unpack(tree, path, root, destination, CopyRules.PLAIN, maxBytes);
    }
  }

  @Test
  void archiveThatUnpacksToMoreThanTheBoundIsRefused() throws Exception {
    byte[] bomb = new TestTar().file("zeros", new byte[4 << 20], _ -> {}).bytes();
    try (OutputStream out =
        new GZIPOutputStream(Files.newOutputStream(from.resolve("bomb.tar.gz")))) {
      out.write(bomb);
    }
    assertThatThrownBy(() -> unpackArchive("bomb.tar.gz", 1 << 20))
        .isInstanceOf(CriException.class)
        .hasMessage("unpack bomb.tar.gz: there are more than 1048576 bytes in it");
    unpackArchive("bomb.tar.gz", 8 << 20);
    assertThat(to.resolve("opt/zeros")).hasSize(4 << 20);
  }

  @Test
  void unpackingEndsWhenItsThreadIsInterrupted() throws Exception {
    Files.write(from.resolve("tar"), new TestTar().file("file", "x").bytes());
    Thread.currentThread().interrupt();
    try {
      assertThatThrownBy(() -> unpackArchive("tar", 1 << 20))
          .isInstanceOf(InterruptedIOException.class);
    } finally {
      assertThat(Thread.interrupted()).isTrue();
    }
  }

  @Test
  void patternsWithManyStarsEndSoon() throws Exception {
    String name = "a".repeat(200);
    write(name, "");
    String stars = "a*".repeat(60);
    assertTimeoutPreemptively(
        Duration.ofSeconds(60),
        () -> {
          assertThat(find(stars)).containsExactly(name);
          assertThat(GlobPattern.of(stars + "b").matches(name)).isFalse();
          assertThat(IgnoreFile.parse(stars).excludes(name)).isTrue();
          assertThat(IgnoreFile.parse(stars + "b").excludes(name)).isFalse();
        });
  }

  @Test
  void patternsMatchWhatThePlatformsGlobsMatch() {
    Random random = new Random(42);
    for (int i = 0; i < 5_000; i++) {
      String pattern = text(random, "ab*?");
      String name = text(random, "ab");
      boolean expected =
          FileSystems.getDefault().getPathMatcher("glob:" + pattern).matches(Path.of(name));
      String what = pattern + " and " + name;
      assertThat(GlobPattern.of(pattern).matches(name)).as(what).isEqualTo(expected);
      assertThat(IgnoreFile.parse(pattern).excludes(name)).as(what).isEqualTo(expected);
      assertThat(IgnoreFile.parse("a/" + pattern + "/*b").excludes("a/" + name + "/aab"))
          .as(what)
          .isEqualTo(expected);
    }
  }

  private static String text(Random random, String characters) {
    StringBuilder text = new StringBuilder();
    for (int i = random.nextInt(1, 9); i > 0; i--) {
      text.append(characters.charAt(random.nextInt(characters.length())));
    }
    return text.toString();
  }
}

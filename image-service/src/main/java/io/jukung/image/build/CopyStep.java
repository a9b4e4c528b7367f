package io.jukung.image.build;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.jukung.cri.CriException;
import io.jukung.image.buildcache.CacheKey;
import io.jukung.image.content.Digest;
import io.jukung.image.copy.CopyDestination;
import io.jukung.image.copy.CopyRules;
import io.jukung.image.copy.FileCopy;
import io.jukung.image.copy.LocalArchive;
import io.jukung.image.copy.RemoteFile;
import io.jukung.image.copy.SourcePaths;
import io.jukung.image.copy.SourceTree;
import io.jukung.image.copy.TreeDigest;
import io.jukung.image.dockerfile.Heredoc;
import io.jukung.image.dockerfile.HeredocText;
import io.jukung.image.dockerfile.IgnoreFile;
import io.jukung.image.dockerfile.Instruction;
import io.jukung.image.dockerfile.InstructionWords;
import io.jukung.image.dockerfile.Keyword;
import io.jukung.image.tar.TarPath;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.HostFile;
import io.jukung.linux.fs.TreeRemoval;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * One COPY or ADD: finds its sources, says what they have, and copies them. Files that are
 * downloaded or that stand in the Dockerfile are in a directory until the step is closed. Not
 * thread-safe.
 */
final class CopyStep implements AutoCloseable {
  private final Instruction instruction;
  private final Place place;
  private final Path scratch;
  private final Fd scratchRoot;
  private final List<Part> parts = new ArrayList<>();
  private final String destination;
  private int made;

  /**
   * What the instruction sees.
   *
   * @param variables replace those of its words
   * @param workingDirectory what a relative destination is relative to
   * @param temporary the store's directory for unfinished work
   * @param maxBytes the most that a download, and an archive when it is unpacked, may have
   */
  record Place(
      Map<String, String> variables,
      char escape,
      String workingDirectory,
      Path temporary,
      long maxBytes) {}

  /**
   * Sources that are copied in one way.
   *
   * @param paths in the tree
   * @param unpacked whether they are archives to be unpacked
   */
  private record Part(SourceTree tree, List<String> paths, boolean unpacked) {}

  /**
   * Finds the sources.
   *
   * @param tree what paths are in
   */
  CopyStep(Instruction instruction, SourceTree tree, Place place)
      throws IOException, InterruptedException {
    this.instruction = instruction;
    this.place = place;
    this.scratch = Files.createTempDirectory(place.temporary(), "copy-");
    this.scratchRoot = HostFile.openDirectory(scratch);
    try {
      List<String> words = words();
      this.destination = words.getLast();
      List<String> sources = words.subList(0, words.size() - 1);
      for (String source : sources) {
        add(source, tree);
      }
      for (Heredoc file : instruction.heredocs()) {
        parts.add(written(file));
      }
      if (parts.isEmpty()) {
        throw new SourcePaths(tree).missing(sources.getFirst());
      }
    } catch (IOException | InterruptedException | RuntimeException e) {
      close();
      throw e;
    }
  }

  /** The sources and the destination, without the marks of files in the Dockerfile. */
  private List<String> words() {
    List<String> words =
        instruction
            .words()
            .map(
                json ->
                    json.stream()
                        .map(
                            word -> InstructionWords.whole(word, place.variables(), place.escape()))
                        .collect(Collectors.toList()))
            .orElseGet(
                () ->
                    new ArrayList<>(
                        InstructionWords.split(
                            instruction.argument(), place.variables(), place.escape())));
    if (!instruction.heredocs().isEmpty()) {
      words.removeIf(word -> word.startsWith("<<"));
    }
    if (words.size() < (instruction.heredocs().isEmpty() ? 2 : 1)) {
      throw CriException.invalidArgument(
          instruction.keyword() + " is followed by sources and a destination");
    }
    return words;
  }

  private void add(String source, SourceTree tree) throws IOException, InterruptedException {
    boolean adds = instruction.keyword() == Keyword.ADD;
    if (adds && isGitRepository(source)) {
      throw BuildErrors.unimplemented("ADD of a Git repository");
    }
    if (adds && RemoteFile.isRemote(source)) {
      parts.add(downloaded(source));
      return;
    }
    if (instruction.flag("checksum").isPresent()) {
      throw CriException.invalidArgument("--checksum is for URLs, and " + source + " is none");
    }
    boolean unpacks = adds && !instruction.flag("unpack").equals(Optional.of("false"));
    for (String path : new SourcePaths(tree).findOptional(source)) {
      boolean archive = unpacks && LocalArchive.isArchive(tree, path);
      parts.add(new Part(tree, List.of(path), archive));
    }
  }

  /** By its name alone, as docker's builder decides. */
  private static boolean isGitRepository(String source) {
    return source.matches("(?i)(?:git@|git://|ssh://).*|https?://[^?#]*\\.git(?:[?#].*)?");
  }

  private Part downloaded(String url) throws IOException, InterruptedException {
    RemoteFile file = RemoteFile.of(url);
    if (file.name().isEmpty()) {
      throw CriException.invalidArgument("ADD " + url + ": the URL names no file");
    }
    Optional<Digest> checksum = instruction.flag("checksum").map(CopyStep::digest);
    Path directory = newDirectory();
    file.download(directory, checksum, place.maxBytes());
    SourceTree tree = new SourceTree(scratchRoot, url, /* keepsOwners= */ false);
    String path = directory.getFileName() + "/" + TarPath.ofText(file.name());
    boolean archive =
        instruction.flag("unpack").equals(Optional.of("true"))
            && LocalArchive.isArchive(tree, path);
    return new Part(tree, List.of(path), archive);
  }

  private static Digest digest(String text) {
    try {
      return Digest.parse(text);
    } catch (IllegalArgumentException e) {
      throw new CriException(
          io.jukung.cri.ErrorKind.INVALID_ARGUMENT,
          "--checksum=" + text + ": " + e.getMessage(),
          e);
    }
  }

  /** Its time is the start of the epoch: the Dockerfile has no other. */
  private Part written(Heredoc file) throws IOException {
    Path directory = newDirectory();
    Path path = directory.resolve(file.name());
    if (!directory.equals(path.normalize().getParent())) {
      throw CriException.invalidArgument("<<" + file.name() + " is no name of a file");
    }
    Files.write(path, HeredocText.of(file, place.variables(), place.escape()).getBytes(UTF_8));
    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-r--r--"));
    Files.setLastModifiedTime(path, FileTime.fromMillis(0));
    SourceTree tree = new SourceTree(scratchRoot, "the Dockerfile", /* keepsOwners= */ false);
    return new Part(
        tree, List.of(directory.getFileName() + "/" + TarPath.ofText(file.name())), false);
  }

  private Path newDirectory() throws IOException {
    return Files.createDirectory(scratch.resolve(Integer.toString(made++)));
  }

  // ── what it does ───────────────────────────────────────────────────────────────────────────

  /** Adds everything that the result depends on to the key of the step. */
  void addTo(CacheKey key) throws IOException {
    CopyRules rules = rules(Optional.empty());
    CopyDestination to = CopyDestination.of(destination, place.workingDirectory());
    key.add(to.path()).add(Boolean.toString(to.mustBeDirectory()));
    for (Instruction.Flag flag : instruction.flags()) {
      if (!flag.name().equals("from")) {
        key.add(flag.name()).add(expanded(flag.value().orElse("true")));
      }
    }
    for (Part part : parts) {
      key.add(part.unpacked ? "unpacked" : "copied");
      key.add(TreeDigest.of(part.tree, part.paths, rules).toString());
    }
  }

  /**
   * Copies the sources.
   *
   * @param accounts the root of the image that has the names of users
   */
  void copy(Fd root, Fd accounts) throws IOException {
    Optional<String> owner = instruction.flag("chown").map(this::expanded);
    CopyRules rules =
        rules(
            owner.isEmpty()
                ? Optional.empty()
                : Optional.of(new ImageAccounts(accounts).owner(owner.get())));
    CopyDestination to = CopyDestination.of(destination, place.workingDirectory());
    long copied = parts.stream().filter(part -> !part.unpacked).count();
    if (copied > 1 && !to.mustBeDirectory() && !to.isDirectory(root)) {
      throw CriException.invalidArgument(
          "when more than one file is copied, the destination must be a directory and end with a /,"
              + " and it is "
              + to.path());
    }
    for (Part part : parts) {
      if (part.unpacked) {
        LocalArchive.unpack(part.tree, part.paths.getFirst(), root, to, rules, place.maxBytes());
      } else {
        new FileCopy(part.tree, rules).copy(part.paths, root, to);
      }
    }
  }

  private CopyRules rules(Optional<CopyRules.Owner> owner) {
    String excluded =
        instruction.flags().stream()
            .filter(flag -> flag.name().equals("exclude"))
            .map(flag -> TarPath.ofText(expanded(flag.value().orElse(""))))
            .collect(Collectors.joining("\n"));
    Optional<Integer> mode = instruction.flag("chmod").map(this::expanded).map(CopyStep::mode);
    return new CopyRules(owner, mode, IgnoreFile.parse(excluded));
  }

  private static int mode(String text) {
    if (!text.matches("[0-7]{1,4}")) {
      throw BuildErrors.unimplemented("--chmod=" + text + " (only octal numbers are)");
    }
    return Integer.parseInt(text, 8);
  }

  private String expanded(String text) {
    return InstructionWords.whole(text, place.variables(), place.escape());
  }

  @Override
  public void close() throws IOException {
    scratchRoot.close();
    TreeRemoval.remove(scratch);
  }
}

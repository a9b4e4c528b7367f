package io.jukung.cli.copy;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.protobuf.ByteString;
import io.jukung.cli.command.CliException;
import io.jukung.cli.command.ClientCommand;
import io.jukung.cli.command.CommandContext;
import io.jukung.cli.command.Connection;
import io.jukung.cli.command.ExitCode;
import io.jukung.cli.command.Lookup;
import io.jukung.client.v1.CopyOutRequest;
import io.jukung.client.v1.CopyTarget;
import io.jukung.client.v1.StatPathRequest;
import io.jukung.client.v1.StatPathResponse;
import io.jukung.cri.client.CopyUpload;
import io.jukung.linux.archive.TarInput;
import io.jukung.linux.archive.TarOutput;
import io.jukung.linux.archive.TreeReader;
import io.jukung.linux.archive.TreeWriter;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.FileStatus;
import io.jukung.linux.fs.FileType;
import io.jukung.linux.fs.HostFile;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code jukung cp}: copies files into containers and out of them. */
@Command(
    name = "cp",
    description = {
      "Copies files and directories between a container and here. The container may run or not.",
      "One of SOURCE and TARGET is CONTAINER:PATH. The other is a path here, or - for a tar archive"
          + " on the standard input or output.",
      "A directory is copied into a TARGET that is a directory, and with /. at its end only what is"
          + " in it is copied.",
      "Symbolic links in a container never lead out of it, and no link below TARGET is followed."
    },
    mixinStandardHelpOptions = true)
public final class Copy extends ClientCommand {
  private static final int S_IFMT = 0xF000;

  @Option(
      names = {"-a", "--archive"},
      description =
          "Keep owners, set-id bits and capabilities. Otherwise files belong to root in a container,"
              + " and to you here.")
  boolean archive;

  @Option(
      names = {"-L", "--follow-link"},
      description = "If SOURCE is a symbolic link, copy what the link names.")
  boolean followLink;

  @Option(
      names = {"-f", "--force"},
      description = "Copy into containers of kubelet and other clients too.")
  boolean force;

  @Parameters(index = "0", paramLabel = "SOURCE")
  @SuppressWarnings("NullAway.Init") // set by picocli
  String source;

  @Parameters(index = "1", paramLabel = "TARGET")
  @SuppressWarnings("NullAway.Init") // set by picocli
  String target;

  public Copy(CommandContext context) {
    super(context);
  }

  @Override
  protected void checkOptions() {
    boolean fromHere = Place.of(source).isHere();
    if (fromHere == Place.of(target).isHere()) {
      throw CliException.usage(
          fromHere
              ? "one of the two must be in a container, write CONTAINER:PATH"
              : "copying from a container to a container is not supported");
    }
  }

  @Override
  protected int run(Connection connection) throws IOException, InterruptedException {
    Place from = Place.of(source);
    Place to = Place.of(target);
    if (from.isHere()) {
      copyIn(connection, from, to);
    } else {
      copyOut(connection, from, to);
    }
    return ExitCode.OK;
  }

  private static StatPathResponse stat(
      Connection connection, String id, String path, boolean follow) {
    return connection
        .containers(Connection.CHANGE)
        .statPath(
            StatPathRequest.newBuilder()
                .setContainerId(id)
                .setPath(ByteString.copyFrom(path, UTF_8))
                .setFollowLink(follow)
                .build());
  }

  private static boolean isDirectory(StatPathResponse answer) {
    return (answer.getMode() & S_IFMT) == FileType.DIRECTORY.bits();
  }

  // ── out of a container ─────────────────────────────────────────────────────────────────────

  private void copyOut(Connection connection, Place from, Place to)
      throws IOException, InterruptedException {
    String id = Lookup.container(connection, from.container()).getId();
    boolean follow = followLink || from.mustBeDirectory();
    StatPathResponse stat = stat(connection, id, from.path(), follow);
    if (!stat.getExists()) {
      throw CliException.failed("there is no " + from.path() + " in " + from.container());
    }
    boolean directory = isDirectory(stat);
    if (from.mustBeDirectory() && !directory) {
      throw CliException.failed(from.path() + " in " + from.container() + " is not a directory");
    }
    Landing landing =
        to.isArchive()
            ? new Landing("", from.meansContent() ? "" : from.name())
            : Landing.of(from, directory, to, found(to));
    CopyOutRequest request =
        CopyOutRequest.newBuilder()
            .setContainerId(id)
            .setPath(ByteString.copyFrom(from.trimmed(), UTF_8))
            .setFollowLink(follow)
            .setName(ByteString.copyFrom(landing.name(), UTF_8))
            .build();
    try (Download download = new Download(connection.containersWithoutDeadline(), request)) {
      if (to.isArchive()) {
        download.transferTo(environment.out());
        environment.out().flush();
      } else {
        unpack(download, landing);
      }
    }
  }

  private void unpack(InputStream content, Landing landing) throws IOException {
    FileStatus self;
    try (Fd own = HostFile.openDirectory(Path.of("/proc/self"))) {
      self = FileStatus.of(own);
    }
    try (Fd directory = HostFile.openDirectory(here(landing.directory()))) {
      var policy = new TreeWriter.Policy(archive, self.uid(), self.gid(), archive);
      var _ = new TreeWriter(directory, policy).unpack(new TarInput(content));
    }
  }

  private Path here(String path) {
    return environment.absolute(Path.of(path));
  }

  private Landing.Found found(Place place) {
    Path path = here(place.trimmed());
    if (Files.isDirectory(path)) {
      return Landing.Found.DIRECTORY;
    }
    return Files.exists(path) ? Landing.Found.FILE : Landing.Found.NOTHING;
  }

  // ── into a container ───────────────────────────────────────────────────────────────────────

  private void copyIn(Connection connection, Place from, Place to)
      throws IOException, InterruptedException {
    String id = Lookup.container(connection, to.container()).getId();
    StatPathResponse there = stat(connection, id, to.trimmed(), true);
    Landing.Found found =
        !there.getExists()
            ? Landing.Found.NOTHING
            : isDirectory(there) ? Landing.Found.DIRECTORY : Landing.Found.FILE;
    if (from.isArchive()) {
      if (found != Landing.Found.DIRECTORY) {
        throw CliException.failed(
            to.path() + " in " + to.container() + " is not a directory that exists");
      }
      try (CopyUpload upload = upload(connection, id, to.path())) {
        environment.in().transferTo(upload);
        upload.finish();
      }
      return;
    }
    Path path = here(from.trimmed());
    boolean follow = followLink || from.mustBeDirectory();
    if (Files.notExists(path, links(follow))) {
      throw CliException.failed("there is no " + from.path() + " here");
    }
    boolean directory = Files.isDirectory(path, links(follow));
    if (from.mustBeDirectory() && !directory) {
      throw CliException.failed(from.path() + " is not a directory");
    }
    Landing landing = Landing.of(from, directory, to, found);
    try (CopyUpload upload = upload(connection, id, landing.directory())) {
      try (TarOutput output = new TarOutput(upload)) {
        read(follow ? path.toRealPath() : path, directory, landing.name(), output);
      }
      upload.finish();
    }
  }

  private static LinkOption[] links(boolean follow) {
    return follow ? new LinkOption[0] : new LinkOption[] {LinkOption.NOFOLLOW_LINKS};
  }

  private CopyUpload upload(Connection connection, String id, String directory) {
    return new CopyUpload(
        connection.containerUploads(),
        CopyTarget.newBuilder()
            .setContainerId(id)
            .setAnyOwner(force)
            .setKeepOwners(archive)
            .setDirectory(ByteString.copyFrom(directory, UTF_8))
            .build());
  }

  private static void read(Path path, boolean directory, String name, TarOutput output)
      throws IOException {
    String member = new String(name.getBytes(UTF_8), ISO_8859_1);
    TreeReader tree = new TreeReader(output);
    if (directory) {
      try (Fd opened = HostFile.openDirectory(path)) {
        tree.addDirectory(opened, member);
      }
      return;
    }
    Path parent = path.getParent();
    try (Fd opened = HostFile.openDirectory(parent == null ? Path.of("/") : parent)) {
      tree.add(opened, String.valueOf(path.getFileName()).getBytes(UTF_8), member);
    }
  }
}

package io.jukung.cli.volume;

import io.jukung.cli.command.ClientCommand;
import io.jukung.cli.command.CommandContext;
import io.jukung.cli.command.Connection;
import io.jukung.cli.command.ExitCode;
import io.jukung.cli.command.NameValues;
import io.jukung.client.v1.CreateVolumeRequest;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code jukung volume create}: makes a volume. */
@Command(
    name = "create",
    description = {
      "Makes a volume and prints its name. A volume that exists already stays as it is.",
      "With options, containers see what is mounted: -o type=tmpfs -o device=tmpfs -o o=size=64m, or"
          + " -o o=bind -o device=/srv/data, or -o type=nfs -o o=addr=HOST,vers=4 -o"
          + " device=:/export."
    },
    mixinStandardHelpOptions = true)
final class VolumeCreate extends ClientCommand {
  @Option(
      names = {"-d", "--driver"},
      defaultValue = "local",
      paramLabel = "DRIVER",
      description = "The driver; local is the only one.")
  String driver = "local";

  @Option(
      names = {"-o", "--opt"},
      paramLabel = "NAME=VALUE",
      description = "An option of the driver: type, o or device, as mount(8) takes them.")
  List<String> options = List.of();

  @Option(names = "--label", paramLabel = "NAME=VALUE", description = "Add a label to the volume.")
  List<String> labels = List.of();

  @Parameters(
      arity = "0..1",
      paramLabel = "NAME",
      description = "The volume's name; without it, the volume is anonymous.")
  @Nullable String name;

  VolumeCreate(CommandContext context) {
    super(context);
  }

  @Override
  protected int run(Connection connection) {
    CreateVolumeRequest.Builder request =
        CreateVolumeRequest.newBuilder()
            .setDriver(driver)
            .putAllOptions(NameValues.required("--opt", options))
            .putAllLabels(NameValues.of(labels));
    if (name != null) {
      request.setName(name);
    }
    out().println(connection.volumes().createVolume(request.build()).getVolume().getName());
    return ExitCode.OK;
  }
}

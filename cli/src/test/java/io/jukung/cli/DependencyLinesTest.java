package io.jukung.cli;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import io.jukung.cli.command.CliEnvironment;
import io.jukung.cli.command.OwnProcess;
import java.io.Console;
import java.io.File;
import java.nio.file.Path;

/**
 * The command line is a client: it knows the protocols and terminals, and nothing of the daemon.
 */
@AnalyzeClasses(packages = "io.jukung.cli", importOptions = ImportOption.DoNotIncludeTests.class)
class DependencyLinesTest {
  @ArchTest
  static final ArchRule CLIENT_KNOWS_THE_PROTOCOLS_ALONE =
      classes()
          .that()
          .resideInAPackage("io.jukung.cli..")
          .should()
          .onlyDependOnClassesThat()
          .resideInAnyPackage(
              "io.jukung.cli..",
              "io.jukung.cri..",
              "io.jukung.client.v1..",
              "io.jukung.linux..",
              "picocli..",
              "com.fasterxml.jackson..",
              "com.google.protobuf..",
              "io.grpc..",
              "io.netty..",
              "org.apache.commons.text..",
              "java..",
              "javax.net.ssl..",
              "org.jspecify..");

  @ArchTest
  static final ArchRule PACKAGES_HAVE_NO_CYCLES =
      slices().matching("io.jukung.cli.(*)..").should().beFreeOfCycles();

  /** What commands share knows neither the commands nor the main class. */
  @ArchTest
  static final ArchRule SHARED_PACKAGES_KNOW_NO_COMMAND =
      noClasses()
          .that()
          .resideInAnyPackage(
              "io.jukung.cli.command", "io.jukung.cli.text", "io.jukung.cli.terminal")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "io.jukung.cli",
              "io.jukung.cli.container",
              "io.jukung.cli.image",
              "io.jukung.cli.pod");

  /** Commands are made by the main class and do not know it. */
  @ArchTest
  static final ArchRule COMMANDS_DO_NOT_KNOW_THE_MAIN_CLASS =
      noClasses()
          .that()
          .resideOutsideOfPackage("io.jukung.cli")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("io.jukung.cli");

  /**
   * In the resident client the JVM's streams, variables, working directory and end are not those of
   * a command: commands ask their environment.
   */
  @ArchTest
  static final ArchRule COMMANDS_USE_THEIR_ENVIRONMENT =
      noClasses()
          .that()
          .doNotBelongToAnyOf(Jukung.class, Resident.class, CliEnvironment.class, OwnProcess.class)
          .should()
          .accessField(System.class, "in")
          .orShould()
          .accessField(System.class, "out")
          .orShould()
          .accessField(System.class, "err")
          .orShould()
          .callMethod(System.class, "getenv")
          .orShould()
          .callMethod(System.class, "getenv", String.class)
          .orShould()
          .callMethod(System.class, "console")
          .orShould()
          .callMethod(System.class, "exit", int.class)
          .orShould()
          .callMethod(Runtime.class, "addShutdownHook", Thread.class)
          .orShould()
          .callMethod(Path.class, "toAbsolutePath")
          .orShould()
          .dependOnClassesThat()
          .belongToAnyOf(File.class, Console.class);
}

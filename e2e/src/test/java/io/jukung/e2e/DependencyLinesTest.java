package io.jukung.e2e;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** Black-box tests know a runtime by its protocol alone. */
@AnalyzeClasses(packages = "io.jukung.e2e")
class DependencyLinesTest {
  @ArchTest
  static final ArchRule TESTS_KNOW_THE_PROTOCOL_ALONE =
      noClasses()
          .that()
          .resideInAPackage("io.jukung.e2e..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "io.jukung.linux..", "io.jukung.image..", "io.jukung.runtime..", "io.jukung.shim..");
}

class Box:
    def area(self):
        return self.width * self.height

    def depth(self):
        return 1

    def name(self):
        return "box"

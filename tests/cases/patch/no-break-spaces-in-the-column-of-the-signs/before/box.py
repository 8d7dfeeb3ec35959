class Box:
    def area(self):
        return self.width * self.height

    def name(self):
        return "box"
